// What a training of translate learns, and what its flags change.
#include <cmath>

#include "data/read/text.h"
#include "tests/support/waits.h"
#include "tests/translate/small_training.h"

using namespace grus;
using namespace grus::seq2seq;
using namespace grus::seq2seq::test;
using grus::test::message_of;
using grus::training::request_stop;

TEST_CASE("training: one pair is learnt by heart") {
  const Text text(1);
  const grus::test::Folder& folder = text.folder;
  const std::string pair = folder.file("pair.tsv", "der hund schläft .\tthe dog sleeps .\n");
  CHECK(run_training(resolve_options(text.flags(
                         "m", {{"train", pair}, {"valid", pair}, {"epochs", "60"}, {"select", "perplexity"}})),
                     "", 0) == 0);
  const SavedModel saved = ModelFolder(folder.path("m")).load();
  CHECK(translate_best(*saved.model, saved.codecs, {"der hund schläft ."}, {}) ==
        std::vector<std::string>{"the dog sleeps ."});
  CHECK(std::filesystem::exists(folder.path("m") + "/report.html"));
  CHECK(data::read_lines(folder.path("m") + "/metrics.jsonl").size() == 60);
}

TEST_CASE(
    "training: validations every so many steps measure what is asked for, choose by the first, and keep the last") {
  const Text text(40);
  const Given more = {{"validate-every", "4"}, {"metrics", "chrf,perplexity"}, {"keep", "2"}, {"max-steps", "14"}};
  Run straight(text.flags("straight", more));
  REQUIRE(straight.trainer.run());
  const Progress progress = straight.trainer.progress();
  REQUIRE(progress.epochs.size() == 4);  // the end is judged, too
  double best = -1;
  int64_t best_at = 0;
  for (size_t n = 0; n < 4; ++n) {
    const EpochMetrics& e = progress.epochs[n];
    CHECK(e.step == std::vector<int64_t>{4, 8, 12, 14}[n]);
    CHECK(e.epoch == static_cast<int64_t>(n) + 1);
    CHECK(std::isnan(e.valid_bleu));
    CHECK(std::isfinite(e.valid_chrf));
    CHECK(e.valid_perplexity == doctest::Approx(std::exp(e.valid_loss)));
    if (e.valid_chrf > best) best = e.valid_chrf, best_at = e.epoch;
  }
  CHECK(progress.best_epoch == best_at);
  const ModelFolder folder(straight.options.out);
  const auto kept = [](const std::filesystem::path& of) {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(of / "last"))
      names.push_back(entry.path().filename().string());
    std::sort(names.begin(), names.end());
    return names;
  };
  CHECK(kept(folder.path()) == std::vector<std::string>{"step-000000012.safetensors", "step-000000014.safetensors"});
  const auto lines = data::read_lines(folder.metrics().string());
  REQUIRE(lines.size() == 4);
  CHECK(parse_metrics_line(lines[3], "m", 4).valid_chrf == progress.epochs[3].valid_chrf);
  for (const int64_t stop : {3, 4, 9}) {
    Run first(text.flags("stopped", more));
    first.watched.after = [&](int64_t step) { request_stop(step == stop); };
    CHECK_FALSE(first.trainer.run());
    request_stop(false);
    Run second(text.flags("stopped", more));
    second.trainer.resume();
    CHECK(second.trainer.run());
    check_equal(state_of(second), state_of(straight));
    CHECK(grus::test::bytes_of(ModelFolder(second.options.out).weights()) == grus::test::bytes_of(folder.weights()));
    CHECK(kept(second.options.out) == kept(folder.path()));
    for (const std::string& name : kept(folder.path()))
      CHECK(grus::test::bytes_of(folder.path() / "last" / name) ==
            grus::test::bytes_of(std::filesystem::path(second.options.out) / "last" / name));
  }
  Run replaced(text.flags("straight"));
  CHECK(replaced.trainer.run());
  CHECK_FALSE(std::filesystem::exists(folder.path() / "last"));
  CHECK(std::isfinite(replaced.trainer.progress().epochs[0].valid_bleu));
}

TEST_CASE("training: guided alignment is logged, its figure falls, and a run goes on with its own links alone") {
  const Text text(40);
  const std::string links = text.folder.file("links", [] {
    std::string lines;  // the target is the source from its last word to its first
    for (size_t n = 0; n < 40; ++n) {
      for (size_t i = 0; i < 1 + n % 4; ++i) lines += fmt::format("{}-{} ", i, n % 4 - i);
      lines += "\n";
    }
    return lines;
  }());
  const Given more = {{"guided-alignment", links}, {"guided-alignment-weight", "1"}, {"epochs", "12"}};
  Run run(text.flags("m", more));
  REQUIRE(run.trainer.run());
  const Progress progress = run.trainer.progress();
  CHECK(progress.epochs[11].train_alignment_loss < 0.7 * progress.epochs[0].train_alignment_loss);
  CHECK(data::read_lines(run.options.out + "/metrics.jsonl")[0].find("\"train_alignment_loss\":") != std::string::npos);
  const auto resumed = [&](Given changed) {
    Given given = text.flags("m", std::move(changed));
    std::erase_if(given, [](const auto& flag) { return flag.first == "overwrite"; });
    given.emplace_back("resume", "true");
    return [given = std::move(given)] {
      Run again(given);
      again.trainer.resume();
    };
  };
  CHECK(message_of<UsageError>(resumed({{"guided-alignment", ""}})) ==
        "--guided-alignment: need " + links + " as in " + run.options.out + ", got none");
  const std::string others = text.folder.file("others", std::string(40, '\n'));
  CHECK(message_of<DataError>(resumed({{"guided-alignment", others}})) ==
        "--guided-alignment: need the links that the run in " + run.options.out + " began with, got others");
  Run plain(text.flags("plain", {{"epochs", "1"}}));
  REQUIRE(plain.trainer.run());
  CHECK(data::read_lines(plain.options.out + "/metrics.jsonl")[0].find("alignment") == std::string::npos);
}

TEST_CASE("training: the same seed gives the same bits, another one others") {
  const Text text(12);
  Run a(text.flags("a", {{"epochs", "1"}})), b(text.flags("b", {{"epochs", "1"}}));
  a.trainer.run();
  manual_seed(99);  // which a trainer does not go by
  b.trainer.run();
  check_equal(state_of(a), state_of(b));
  Run c(text.flags("c", {{"epochs", "1"}, {"seed", "2"}}));
  c.trainer.run();
  CHECK(grus::test::bytes_of(ModelFolder(c.options.out).weights()) !=
        grus::test::bytes_of(ModelFolder(a.options.out).weights()));
}

TEST_CASE("training: --show-step and --profile leave a page and a trace, and change no weight") {
  const Text text(12);
  const Given sizes = {{"epochs", "16"}, {"batch", "8"}, {"patience", "0"}};
  Given watched = sizes;
  watched.emplace_back("show-step", text.folder.path("step.html"));
  watched.emplace_back("profile", text.folder.path("trace.json"));
  Run a(text.flags("a", sizes));
  a.trainer.run();
  Run b(text.flags("b", watched));
  b.trainer.run();
  CHECK(grus::test::bytes_of(text.folder.path("step.html")).find("attention_gru") != std::string::npos);
  CHECK(grus::test::bytes_of(text.folder.path("trace.json")).find("\"traceEvents\"") != std::string::npos);
  CHECK(grus::test::bytes_of(ModelFolder(a.options.out).weights()) ==
        grus::test::bytes_of(ModelFolder(b.options.out).weights()));
}

TEST_CASE("training: --init-from goes on from saved weights, and frozen ones stay as they are") {
  const Text text(12);
  CHECK(run_training(resolve_options(text.flags("first", {{"epochs", "1"}})), "", 0) == 0);
  const std::string first = text.folder.path("first");
  const Given more = {{"init-from", first}, {"freeze", "encoder.*,key.*"}, {"epochs", "1"}};
  CHECK(run_training(resolve_options(text.flags("second", more)), "", 0) == 0);
  const nn::NamedTensors before = ModelFolder(first).load().model->module().state_dict();
  const nn::NamedTensors after = ModelFolder(text.folder.path("second")).load().model->module().state_dict();
  for (size_t i = 0; i < before.size(); ++i) {
    const bool frozen = before[i].name.starts_with("encoder.") || before[i].name.starts_with("key.");
    CHECK_MESSAGE((before[i].tensor.to_bytes() == after[i].tensor.to_bytes()) == frozen, before[i].name);
  }
  const Given other = {{"init-from", first}, {"hidden", "32"}};
  CHECK(message_of<UsageError>([&] { resolve_options(text.flags("third", other)); }) ==
        "--hidden: need 24 as in " + first + ", got 32");
}

TEST_CASE("training: patience ends a run that gets no better") {
  const Text text(4);
  Run run(text.flags("m", {{"lr", "0"}, {"average", "0"}, {"epochs", "50"}, {"patience", "2"}}));
  CHECK(run.trainer.run());
  CHECK(run.trainer.progress().epochs.size() == 3);
  CHECK(run.trainer.progress().best_epoch == 1);
}

TEST_CASE("training: steps do not wait for their device, and many are told at once, whatever the model") {
  const Text text(40);
  const std::vector<Given> models = {{{"arch", "bahdanau"}},
                                     {{"arch", "rnn-encdec"}},
                                     {{"arch", "sutskever"}},
                                     {{"unit", "lstm"}, {"attention-score", "general"}, {"layers", "2"}}};
  for (Given more : models) {
    const std::string name = more.back().second;
    more.insert(more.end(), {{"hidden", "16"}, {"epochs", "1"}, {"batch", "1"}});
    Run run(text.flags("m", more));
    run.trainer.start();
    grus::test::Waits waits;
    run.watched.after = [&](int64_t step) { CHECK_MESSAGE(waits.count == step / 32, name); };
    const KernelObserverScope watching(waits);
    CHECK(run.trainer.run());
    CHECK(run.trainer.progress().step > 32);
  }
}
