#include <doctest/doctest.h>

#include <cmath>
#include <limits>

#include "core/base/folder_lock.h"
#include "data/read/text.h"
#include "examples/seq2seq/resolve.h"
#include "examples/seq2seq/train.h"
#include "examples/seq2seq/training_console.h"
#include "nn/serialize.h"
#include "seq2seq/trainer.h"
#include "seq2seq/translator.h"
#include "tests/data/files.h"
#include "tests/support/waits.h"
#include "training/stop.h"

using namespace grus;
using namespace grus::seq2seq;
using grus::test::message_of;
using grus::training::request_stop;

namespace {

// In this language "a b c" means "C B A".
struct Text {
  test::Folder folder;
  std::string train, valid;
  explicit Text(size_t pairs) {
    std::string lines;
    for (size_t n = 0; n < pairs; ++n) {
      std::string source, target;
      for (size_t i = 0; i < 1 + n % 4; ++i) {
        const char letter = static_cast<char>('a' + (n * 7 + i * 3) % 10);
        source += (i ? " " : "") + std::string(1, letter);
        target = std::string(1, static_cast<char>(letter - 32)) + (i ? " " : "") + target;
      }
      lines += source + "\t" + target + "\n";
    }
    train = folder.file("train.tsv", lines);
    valid = folder.file("valid.tsv", lines);
  }
  Given flags(const std::string& out, Given more = {}) const {
    Given given = {{"train", train},   {"valid", valid},    {"out", folder.path(out)}, {"tokenizer", "space"},
                   {"emb", "16"},      {"hidden", "24"},    {"batch-tokens", "40"},    {"warmup", "3"},
                   {"average", "0.9"}, {"lr", "0.01"},      {"epochs", "3"},           {"patience", "0"},
                   {"dropout", "0.1"}, {"save-every", "0"}, {"overwrite", "true"}};
    for (const auto& [flag, value] : more)
      if (flag == "batch") std::erase_if(given, [](const auto& pair) { return pair.first == "batch-tokens"; });
    given.insert(given.end(), more.begin(), more.end());
    return given;
  }
};

struct Watched : TrainingConsole {
  using TrainingConsole::TrainingConsole;
  void step_end(const training::StepEnd& event, training::Control& control) override {
    TrainingConsole::step_end(event, control);
    if (after) after(event.step);
  }
  std::function<void(int64_t step)> after;
};

// A run in this process, which can be stopped after any step.
struct Run {
  TrainOptions options;
  Corpora corpora;
  Codecs codecs;
  std::unique_ptr<Architecture> model;
  Watched watched;
  Trainer trainer;

  explicit Run(const Given& given)
      : options(resolve_options(given)),
        corpora(read_corpora(options)),
        codecs(learn_codecs(options, corpora.train, [](std::string_view) {})),
        model(make_architecture(options, codecs.sizes())),
        watched(options),
        trainer(options, *model, codecs, corpora, watched.hooks()) {}
};

nn::NamedTensors state_of(const Run& run) { return nn::read_safetensors(ModelFolder(run.options.out).state()).tensors; }

void check_equal(const nn::NamedTensors& a, const nn::NamedTensors& b) {
  REQUIRE(a.size() == b.size());
  for (size_t i = 0; i < a.size(); ++i) {
    CHECK(a[i].name == b[i].name);
    CHECK_MESSAGE(a[i].tensor.to_bytes() == b[i].tensor.to_bytes(), a[i].name);
  }
}

}  // namespace

TEST_CASE("training: one pair is learnt by heart") {
  const Text text(1);
  const test::Folder& folder = text.folder;
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
    CHECK(test::bytes_of(ModelFolder(second.options.out).weights()) == test::bytes_of(folder.weights()));
    CHECK(kept(second.options.out) == kept(folder.path()));
    for (const std::string& name : kept(folder.path()))
      CHECK(test::bytes_of(folder.path() / "last" / name) ==
            test::bytes_of(std::filesystem::path(second.options.out) / "last" / name));
  }
  Run replaced(text.flags("straight"));
  CHECK(replaced.trainer.run());
  CHECK_FALSE(std::filesystem::exists(folder.path() / "last"));
  CHECK(std::isfinite(replaced.trainer.progress().epochs[0].valid_bleu));
}

TEST_CASE("training: a run stopped after any step and resumed ends as one that never stopped, bit for bit") {
  const Text text(40);
  const Given deep = {{"unit", "lstm"},    {"attention-score", "dot"}, {"enc-layers", "2"},
                      {"dec-layers", "3"}, {"residual", "true"},       {"teacher-forcing", "0.5"}};
  const Given guided = {{"guided-alignment", "auto"}, {"guided-alignment-weight", "0.5"}};
  for (const Given& more : {Given{}, Given{{"teacher-forcing", "0.5"}}, deep, guided}) {
    Run straight(text.flags("straight", more));
    REQUIRE(straight.trainer.run());
    const int64_t steps = straight.trainer.progress().step;
    REQUIRE(steps >= 9);
    for (const int64_t stop : {int64_t{1}, steps / 3, steps / 2 + 1}) {
      Run first(text.flags("stopped", more));
      first.watched.after = [&](int64_t step) { request_stop(step == stop); };
      CHECK_FALSE(first.trainer.run());
      request_stop(false);
      Run second(text.flags("stopped", more));
      default_rng().next();  // where the process stands must not matter
      second.trainer.resume();
      CHECK(second.trainer.progress().step == stop);
      CHECK(second.trainer.run());
      check_equal(state_of(second), state_of(straight));
      CHECK(test::bytes_of(ModelFolder(second.options.out).weights()) ==
            test::bytes_of(ModelFolder(straight.options.out).weights()));
      const Progress resumed = second.trainer.progress(), whole = straight.trainer.progress();
      REQUIRE(resumed.epochs.size() == whole.epochs.size());
      for (size_t e = 0; e < 3; ++e) {
        const EpochMetrics &a = resumed.epochs[e], &b = whole.epochs[e];
        CHECK(a.train_loss == b.train_loss);
        CHECK(a.valid_loss == b.valid_loss);
        CHECK(a.valid_bleu == b.valid_bleu);
        if (options::find(more, "guided-alignment")) CHECK(a.train_alignment_loss == b.train_alignment_loss);
      }
    }
  }
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
  CHECK(test::bytes_of(ModelFolder(c.options.out).weights()) != test::bytes_of(ModelFolder(a.options.out).weights()));
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
  CHECK(test::bytes_of(text.folder.path("step.html")).find("attention_gru") != std::string::npos);
  CHECK(test::bytes_of(text.folder.path("trace.json")).find("\"traceEvents\"") != std::string::npos);
  CHECK(test::bytes_of(ModelFolder(a.options.out).weights()) == test::bytes_of(ModelFolder(b.options.out).weights()));
}

TEST_CASE("training: a run killed anywhere before its first good weights is resumed bit for bit, beside an old model") {
  const Text text(40);
  Run straight(text.flags("straight"));
  REQUIRE(straight.trainer.run());
  for (const bool replaces : {false, true})
    for (const int64_t killed : {1, 2, 3}) {  // before and after the first saved state
      const std::string name = std::string(replaces ? "over" : "new") + std::to_string(killed);
      const ModelFolder folder(text.folder.path(name));
      const Given flags = text.flags(name, {{"save-every", "2"}});
      if (replaces) REQUIRE(Run(text.flags(name, {{"epochs", "1"}, {"seed", "9"}})).trainer.run());
      const std::string old = test::bytes_of(folder.weights());
      Run first(flags);
      first.watched.after = [&](int64_t step) {
        if (step == killed) throw std::runtime_error("killed");
      };
      CHECK_THROWS_AS(first.trainer.run(), std::runtime_error);
      CHECK(folder.has_weights() == replaces);
      CHECK(test::bytes_of(folder.weights()) == old);
      Given again = flags;
      again.emplace_back("resume", "true");
      CHECK(run_training(resolve_options(again), "", 0) == 0);
      CHECK(test::bytes_of(folder.weights()) == test::bytes_of(ModelFolder(straight.options.out).weights()));
    }
}

TEST_CASE("training: a run stopped on request keeps an older model until its own was judged") {
  const Text text(12);
  REQUIRE(Run(text.flags("m", {{"epochs", "1"}})).trainer.run());
  const ModelFolder folder(text.folder.path("m"));
  const std::string old = test::bytes_of(folder.weights());
  Run run(text.flags("m", {{"seed", "2"}}));
  run.watched.after = [](int64_t) { request_stop(); };
  CHECK_FALSE(run.trainer.run());
  request_stop(false);
  CHECK(test::bytes_of(folder.weights()) == old);
  CHECK(folder.unfinished().has_state());
}

TEST_CASE("training: a model that is stopped before its first validation can be used") {
  const Text text(12);
  Run run(text.flags("m"));
  run.watched.after = [](int64_t) { request_stop(); };
  CHECK_FALSE(run.trainer.run());
  request_stop(false);
  const SavedModel saved = ModelFolder(run.options.out).load();
  CHECK(translate_best(*saved.model, saved.codecs, {"a"}, {}).size() == 1);
}

TEST_CASE("training: a loss that is not finite stops with step and op, and the last good model stays") {
  const Text text(12);
  Run run(text.flags("m", {{"epochs", "2"}}));
  const int64_t per_epoch = [&] {
    Run other(text.flags("n", {{"epochs", "1"}}));
    other.trainer.run();
    return other.trainer.progress().step;
  }();
  run.watched.after = [&](int64_t step) {
    if (step != per_epoch + 1) return;
    for (auto& [name, parameter] : run.model->module().named_parameters())
      if (name == "v")
        nn::Parameter(parameter).assign(Tensor::full(parameter.shape(), std::numeric_limits<double>::quiet_NaN()));
  };
  const std::string message = message_of<Error>([&] { run.trainer.run(); });
  CHECK(message.find("step " + std::to_string(per_epoch + 2) + " (epoch 2)") == 0);
  CHECK_MESSAGE(message.find("NaN or infinity in weights/v") != std::string::npos, message);
  const SavedModel saved = ModelFolder(run.options.out).load();
  for (const auto& [name, parameter] : saved.model->module().named_parameters())
    for (const float w : parameter.value().to_vector<float>()) REQUIRE(std::isfinite(w));
}

TEST_CASE("training: a step whose numbers overflow names the op, and its finite weights are kept") {
  const Text text(12);
  Run run(text.flags("m", {{"batch", "2"}}));
  std::vector<float> far_apart(static_cast<size_t>(run.codecs.target.size()));
  for (size_t i = 0; i < far_apart.size(); ++i) far_apart[i] = i % 2 ? 3e38f : -3e38f;
  run.watched.after = [&](int64_t step) {
    for (auto& [name, parameter] : run.model->module().named_parameters())
      if (step == 2 && name.ends_with("bias") && parameter.shape() == Tensor::from(far_apart).shape())
        nn::Parameter(parameter).assign(Tensor::from(far_apart));
  };
  const std::string message = message_of<Error>([&] { run.trainer.run(); });
  CHECK(message.find("step 3 (epoch 1)") == 0);
  CHECK_MESSAGE(message.find("linear_cross_entropy") != std::string::npos, message);
  CHECK_MESSAGE(message.find("the last good weights are in") != std::string::npos, message);
  CHECK_NOTHROW(ModelFolder(run.options.out).load());
}

TEST_CASE("training: weights that are not finite are saved nowhere") {
  const Text text(12);
  Run run(text.flags("m", {{"epsilon", "0"}, {"tie", "none"}, {"save-every", "1"}}));
  const std::string message = message_of<Error>([&] { run.trainer.run(); });
  CHECK_MESSAGE(message.find("NaN or infinity in ") != std::string::npos, message);
  CHECK_MESSAGE(message.find("no good weights were saved") != std::string::npos, message);
  CHECK_FALSE(std::filesystem::exists(run.options.out + "/model.safetensors"));
  CHECK_FALSE(std::filesystem::exists(run.options.out + "/unfinished/state.safetensors"));
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
    test::Waits waits;
    run.watched.after = [&](int64_t step) { CHECK_MESSAGE(waits.count == step / 32, name); };
    const KernelObserverScope watching(waits);
    CHECK(run.trainer.run());
    CHECK(run.trainer.progress().step > 32);
  }
}

TEST_CASE("training: a folder takes one training at a time, and its model can be used meanwhile") {
  const Text text(12);
  const TrainOptions options = resolve_options(text.flags("m", {{"epochs", "1"}}));
  CHECK(run_training(options, "", 0) == 0);
  const std::string weights = test::bytes_of(ModelFolder(options.out).weights());
  {
    const FolderLock other(options.out);
    CHECK(message_of<Error>([&] {
            run_training(options, "", 0);
          }).starts_with(options.out + ": need a folder that nobody else writes to, got one that process "));
    CHECK(test::bytes_of(ModelFolder(options.out).weights()) == weights);
    CHECK(translate_best(*ModelFolder(options.out).load().model, ModelFolder(options.out).load().codecs, {"a"}, {})
              .size() == 1);
  }
  CHECK(run_training(options, "", 0) == 0);
  CHECK_FALSE(std::filesystem::exists(options.out + "/.lock"));
}
