// Trainings of translate that are stopped, killed, fail, or meet another one.
#include <cmath>
#include <limits>

#include "core/base/folder_lock.h"
#include "tests/translate/small_training.h"
#include "training/soundness.h"

using namespace grus;
using namespace grus::seq2seq;
using namespace grus::seq2seq::test;
using grus::test::message_of;
using grus::training::request_stop;

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
      CHECK(grus::test::bytes_of(ModelFolder(second.options.out).weights()) ==
            grus::test::bytes_of(ModelFolder(straight.options.out).weights()));
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
      const std::string old = grus::test::bytes_of(folder.weights());
      Run first(flags);
      first.watched.after = [&](int64_t step) {
        if (step == killed) throw std::runtime_error("killed");
      };
      CHECK_THROWS_AS(first.trainer.run(), std::runtime_error);
      const ModelFolder standing = ModelFolder::of(folder.path().string());
      CHECK(standing.has_weights() == replaces);
      CHECK(grus::test::bytes_of(standing.weights()) == old);
      Given again = flags;
      again.emplace_back("resume", "true");
      CHECK(run_training(resolve_options(again), "", 0) == 0);
      CHECK(grus::test::bytes_of(folder.weights()) ==
            grus::test::bytes_of(ModelFolder(straight.options.out).weights()));
    }
}

TEST_CASE("training: a run stopped on request keeps an older model until its own was judged") {
  const Text text(12);
  REQUIRE(Run(text.flags("m", {{"epochs", "1"}})).trainer.run());
  const ModelFolder folder(text.folder.path("m"));
  const std::string old = grus::test::bytes_of(folder.weights());
  Run run(text.flags("m", {{"seed", "2"}}));
  run.watched.after = [](int64_t) { request_stop(); };
  CHECK_FALSE(run.trainer.run());
  request_stop(false);
  CHECK(grus::test::bytes_of(ModelFolder::of(folder.path().string()).weights()) == old);
  CHECK(folder.has_state());
  CHECK_FALSE(folder.has_weights());
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
  const nn::TensorFile state = nn::read_safetensors(run.options.out + "/state.safetensors");
  CHECK(training::first_not_finite(state.tensors).empty());
}

TEST_CASE("training: a folder takes one training at a time, and its model can be used meanwhile") {
  const Text text(12);
  const TrainOptions options = resolve_options(text.flags("m", {{"epochs", "1"}}));
  CHECK(run_training(options, "", 0) == 0);
  const std::string weights = grus::test::bytes_of(ModelFolder(options.out).weights());
  {
    const FolderLock other(options.out);
    CHECK(message_of<Error>([&] {
            run_training(options, "", 0);
          }).starts_with(options.out + ": need a folder that nobody else writes to, got one that process "));
    CHECK(grus::test::bytes_of(ModelFolder(options.out).weights()) == weights);
    CHECK(translate_best(*ModelFolder(options.out).load().model, ModelFolder(options.out).load().codecs, {"a"}, {})
              .size() == 1);
  }
  CHECK(run_training(options, "", 0) == 0);
  CHECK_FALSE(std::filesystem::exists(options.out + "/.lock"));
}
