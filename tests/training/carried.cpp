// A language model whose state goes from window to window is killed, and goes on to the weights of one never stopped.
#include "training/carried.h"

#include "data/batch/token_stream.h"
#include "nn/language_model.h"
#include "tests/training/small_run.h"

using namespace grus;

namespace {

struct Text {
  Rng rng{1};
  nn::LanguageModel model{{.vocabulary = 7, .embedding = 4, .hidden = 5, .layers = 1, .dropout = 0.2}, rng};
  optim::Adam adam{model.named_parameters(), {.lr = 0.02}};
  data::TokenStreams streams{numbers(), {.streams = 2, .steps = 4}};
  training::Carried<nn::LanguageState> carried;

  static std::vector<int32_t> numbers() {
    std::vector<int32_t> ids;
    for (int32_t i = 0; i < 90; ++i) ids.push_back((i * i + i / 3) % 7);
    return ids;
  }
  training::FitResult fit(training::FitOptions options, bool forget = false) {
    options.epochs = 3;
    options.seed = 5;
    options.save_every = options.out.empty() ? 0 : 1;
    options.quiet = true;
    options.callbacks.push_back(&carried);
    const auto loss = [&](const nn::LanguageModel& m, const data::StreamWindow& window) {
      nn::LanguageLoss now =
          m.loss(window.inputs, window.targets, window.first || forget ? nn::LanguageState() : *carried);
      *carried = now.state.detach();
      return training::Loss(now.loss, static_cast<double>(window.targets.numel()), now.nll_sum);
    };
    return training::fit(model, adam, streams, loss, options);
  }
};

}  // namespace

TEST_CASE("carried: a run killed in the middle of a text goes on to the same bits, its state included") {
  Text whole;
  whole.fit({});
  const test::Folder folder;
  test::Killer killer;
  killer.at = 17;  // an epoch has 11 windows
  Text killed;
  CHECK_THROWS_WITH(killed.fit({.out = folder.path("run"), .callbacks = {&killer}}), "killed");
  Text resumed;
  resumed.fit({.out = folder.path("run"), .resume = true});
  CHECK(test::bits(resumed.model) == test::bits(whole.model));
  CHECK(resumed.carried->recurrent.h.to_vector<float>() == whole.carried->recurrent.h.to_vector<float>());
  Text forgetful;
  forgetful.fit({}, true);
  CHECK(test::bits(forgetful.model) != test::bits(whole.model));
}
