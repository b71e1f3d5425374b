#include "nn/language_model.h"

#include <doctest/doctest.h>

#include <fmt/format.h>

#include "nn/dropout.h"
#include "ops/loss/loss.h"
#include "ops/math/reduce.h"
#include "ops/math/shape.h"
#include "tests/support/tensors.h"

using namespace grus;
using nn::LanguageBody;
using nn::LanguageModel;
using nn::LanguageModelOptions;

namespace {

LanguageModel small(LanguageModelOptions options) {
  Rng rng(2);
  LanguageModel model(options, rng);
  model.eval();
  return model;
}

const std::vector<int32_t> ids = {4, 1, 2, 3, 0, 4, 2, 2, 1, 0, 3, 4, 1, 1, 0, 2};
Tensor window(int64_t begin, int64_t end) {  // of two streams
  return Tensor::from(std::vector<int32_t>(ids.begin() + 2 * begin, ids.begin() + 2 * end), {end - begin, 2});
}

}  // namespace

TEST_CASE("language model: windows with the state carried on give what the whole text gives") {
  for (const LanguageBody body : {LanguageBody::gru, LanguageBody::lstm, LanguageBody::transformer}) {
    const LanguageModel model = small({.vocabulary = 5, .body = body, .embedding = 8, .hidden = 6, .context = 8});
    const Tensor whole = model(window(0, 8)).y;
    nn::LanguageState state;
    for (const auto& [begin, end] : {std::pair{0, 3}, {3, 4}, {4, 8}}) {
      const nn::LanguageOutput out = model(window(begin, end), state);
      CHECK(test::gap(out.y, whole.rows(begin, end)) < 1e-5);
      state = nn::LanguageState::of(out.state.detach().tensors());  // as a file of the run brings it back
    }
    const nn::LanguageOutput turned = model(window(0, 1), state.select(Tensor::from(std::vector<int32_t>{1, 0}, {2})));
    const nn::LanguageOutput same = model(Tensor::from(std::vector<int32_t>{1, 4}, {1, 2}), state);
    if (body != LanguageBody::transformer) CHECK(test::gap(flip(turned.y, {1}), same.y) < 1e-6);
  }
}

TEST_CASE("language model: the loss is the cross entropy of its logits") {
  for (const bool tied : {true, false}) {
    const LanguageModel model = small({.vocabulary = 5, .embedding = 4, .hidden = 6, .tied = tied});
    const Tensor y = model(window(0, 7)).y;
    const Tensor logits = flatten(model.logits(y), 0, 1), targets = flatten(window(1, 8));
    const nn::LanguageLoss loss = model.loss(window(0, 7), window(1, 8));
    CHECK(loss.loss.item() == doctest::Approx(cross_entropy(logits, targets).item()));
    CHECK(loss.nll_sum.item() == doctest::Approx(14 * loss.loss.item()));
  }
}

TEST_CASE("language model: tied weights are one parameter, behind a projection where the sizes differ") {
  const auto names = [](const LanguageModelOptions& options) {
    std::string all;
    for (const auto& [name, parameter] : small(options).named_parameters())
      if (name.find("body") == std::string::npos) all += name + fmt::format("{} ", parameter.shape());
    return all;
  };
  CHECK(names({.vocabulary = 5, .embedding = 4, .hidden = 4}) == "output_bias(5) embedding.weight(5, 4) ");
  CHECK(names({.vocabulary = 5, .embedding = 4, .hidden = 6}) ==
        "output_bias(5) embedding.weight(5, 4) projection.weight(4, 6) ");
  CHECK(names({.vocabulary = 5, .embedding = 4, .hidden = 6, .tied = false}) ==
        "output_weight(5, 6) output_bias(5) embedding.weight(5, 4) ");
}

TEST_CASE("language model: in training every dropout changes the loss, in evaluation none does") {
  const LanguageModelOptions plain{.vocabulary = 5, .embedding = 4, .hidden = 6};
  for (double LanguageModelOptions::*p : {&LanguageModelOptions::dropout, &LanguageModelOptions::input_dropout,
                                          &LanguageModelOptions::word_dropout, &LanguageModelOptions::weight_drop}) {
    LanguageModelOptions options = plain;
    options.*p = 0.5;
    LanguageModel model = small(options);
    const auto loss = [&] { return model.loss(window(0, 7), window(1, 8)).loss.item(); };
    CHECK(loss() == small(plain).loss(window(0, 7), window(1, 8)).loss.item());
    model.train();
    const double first = loss();
    CHECK(first != loss());
  }
}

TEST_CASE("language model: a dropped word is dropped in all its places, and a kept one in none") {
  LanguageModel model = small({.vocabulary = 400, .embedding = 3, .hidden = 3, .word_dropout = 0.5});
  model.train();
  std::vector<int32_t> twice;
  for (int32_t id = 0; id < 400; ++id) twice.insert(twice.end(), {id, id});
  manual_seed(4);
  const Tensor x = model.embedded(Tensor::from(twice, {400, 2}));
  const std::vector<float> weight = model.embedding.weight.value().to_vector<float>(), seen = x.to_vector<float>();
  int dropped = 0;
  for (size_t id = 0; id < 400; ++id) {
    const float factor = seen[id * 6] / weight[id * 3];
    CHECK((factor == 0 || factor == doctest::Approx(2)));
    dropped += factor == 0;
    for (size_t k = 0; k < 6; ++k) CHECK(seen[id * 6 + k] == factor * weight[id * 3 + k % 3]);
  }
  CHECK(dropped > 160);
  CHECK(dropped < 240);
}

TEST_CASE("language model: options, ids and targets that do not fit are told in a sentence") {
  using test::message_of;
  const auto make = [](LanguageModelOptions options) { return message_of([&] { small(options); }); };
  CHECK(make({.vocabulary = 1}) == "[LanguageModel] need a vocabulary of at least 2, got 1");
  CHECK(make({.vocabulary = 5, .hidden = 0}) ==
        "[LanguageModel] need embedding, hidden and layers of at least 1, got 256, 0 and 2");
  CHECK(make({.vocabulary = 5, .dropout = 1}) == "[LanguageModel] need dropouts in [0, 1), got 1");
  CHECK(make({.vocabulary = 5, .body = LanguageBody::transformer, .embedding = 12, .heads = 4}) ==
        "[LanguageModel] need heads that divide the embedding into even sizes, got 4 heads of 12");
  CHECK(make({.vocabulary = 5, .body = LanguageBody::transformer, .weight_drop = 0.5}) ==
        "[LanguageModel] need recurrent layers for a weight_drop, got a transformer with 0.5");
  CHECK(make({.vocabulary = 5, .body = LanguageBody::transformer, .context = 1}) ==
        "[LanguageModel] need a context of at least 2 steps, got 1");
  const LanguageModel model =
      small({.vocabulary = 5, .body = LanguageBody::transformer, .embedding = 8, .hidden = 8, .context = 4});
  CHECK(message_of([&] { (void)model(window(0, 5)); }) == "[LanguageModel] need at most 4 steps at once, got 5");
  CHECK(message_of([&] { (void)model(flatten(window(0, 4))); }) == "[LanguageModel] need ids (T, B), got (8)");
  CHECK(message_of([&] { (void)model.loss(window(0, 4), window(0, 3)); }) ==
        "[LanguageModel] need a target for each id (4, 2), got (3, 2)");
}
