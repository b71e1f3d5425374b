#include "language/cursor.h"

#include <cmath>

#include "ops/math/shape.h"
#include "ops/math/softmax.h"
#include "tests/language/small_model.h"

using namespace grus;
using namespace grus::language;
using test::codec_of;
using test::opinionated;

namespace {

const std::vector<int32_t> text = {4, 5, 3, 6, 6, 4, 3, 5, 4, 6, 5, 5, 3, 4, 4, 6, 3, 5, 6, 4, 5, 6};

/// Returns the nats of each id behind an <eos>, the whole text in one call.
std::vector<double> one_by_one(const nn::LanguageModel& model, const std::vector<int32_t>& ids) {
  std::vector<int32_t> inputs{data::EOS};
  inputs.insert(inputs.end(), ids.begin(), ids.end() - 1);
  const Tensor y = model(Tensor::from(inputs, {static_cast<int64_t>(ids.size()), 1})).y;
  const Tensor logs = log_softmax(flatten(model.logits(y), 0, 1));
  std::vector<double> nats;
  for (size_t i = 0; i < ids.size(); ++i)
    nats.push_back(-static_cast<double>(logs.to_vector<float>()[i * 7 + static_cast<size_t>(ids[i])]));
  return nats;
}

double sum(const std::vector<double>& all, size_t begin, size_t end) {
  double total = 0;
  for (size_t i = begin; i < end; ++i) total += all[i];
  return total;
}

}  // namespace

TEST_CASE("cursor: a text read in pieces costs what one call over the whole of it says") {
  const nn::LanguageModel model = opinionated(7);
  const std::vector<double> nats = one_by_one(model, text);
  Cursor cursor(model);
  const std::span all(text);
  CHECK(cursor.read(all.first(9)) == doctest::Approx(sum(nats, 0, 9)).epsilon(1e-5));
  (void)cursor.scores();  // looking at what comes changes nothing
  CHECK(cursor.read(all.subspan(9, 1)) == doctest::Approx(nats[9]).epsilon(1e-5));
  Cursor copy = cursor;
  CHECK(cursor.read(all.subspan(10)) == doctest::Approx(sum(nats, 10, text.size())).epsilon(1e-5));
  (void)copy.scores();
  CHECK(copy.read(all.subspan(10)) == doctest::Approx(sum(nats, 10, text.size())).epsilon(1e-5));
  CHECK(copy.read({}) == 0);
}

TEST_CASE("cursor: a long text goes through in windows with the state carried from one to the next") {
  const nn::LanguageModel model = opinionated(7);
  std::vector<int32_t> longer;
  for (int i = 0; i < 30; ++i) longer.insert(longer.end(), text.begin(), text.end());  // 660 ids, three windows
  const std::vector<double> nats = one_by_one(model, longer);
  CHECK(Cursor(model).read(longer) == doctest::Approx(sum(nats, 0, longer.size())).epsilon(1e-5));
}

TEST_CASE("cursor: a transformer costs the same until its context is full, and then sees half of it at least") {
  const nn::LanguageModel whole = opinionated(7, nn::LanguageBody::transformer, 64);
  const nn::LanguageModel windows = opinionated(7, nn::LanguageBody::transformer, 16);
  const std::vector<double> nats = one_by_one(whole, text);
  Cursor cursor(windows);
  CHECK(cursor.read(std::span(text).first(16)) == doctest::Approx(sum(nats, 0, 16)).epsilon(1e-5));
  // The next window begins anew with what it keeps: the 8 inputs before.
  std::vector<int32_t> kept(text.begin() + 7, text.begin() + 15), rest(text.begin() + 15, text.end());
  nn::LanguageState state = whole(Tensor::from(kept, {8, 1})).state;
  const std::vector<int32_t> targets(text.begin() + 16, text.end());
  rest.pop_back();
  const double expected = whole.loss(Tensor::from(rest, {6, 1}), Tensor::from(targets, {6, 1}), state).nll_sum.item();
  CHECK(cursor.read(targets) == doctest::Approx(expected).epsilon(1e-5));
}

TEST_CASE("likelihood: line ends are targets and characters; perplexity and bits follow") {
  const nn::LanguageModel model = opinionated(7);
  const data::Codec codec = codec_of("char", {"a", "é", "▁"});
  Cursor cursor(model);
  const std::vector<std::string> lines{"aé a", "", "é"};
  const Likelihood all = likelihood(cursor, codec, lines);
  CHECK(all.tokens == 8);
  CHECK(all.characters == 8);
  CHECK(all.nats == doctest::Approx(Cursor(model).read(std::vector<int32_t>{4, 5, 6, 4, 3, 3, 5, 3})).epsilon(1e-6));
  CHECK(all.perplexity() == doctest::Approx(std::exp(all.nats / 8)));
  CHECK(all.bits_per_character() == doctest::Approx(all.nats / 8 / std::log(2.0)));
}

TEST_CASE("sample: temperature 0 takes the likeliest id each time, the special ones left out") {
  const nn::LanguageModel model = opinionated(7);
  Cursor cursor(model), watched(model);
  Rng rng(1);
  const std::vector<int32_t> drawn = sample(cursor, 12, {.temperature = 0}, rng);
  REQUIRE(drawn.size() == 12);
  for (const int32_t id : drawn) {
    const std::vector<float> scores = watched.scores().to_vector<float>();
    CHECK(id == std::max_element(scores.begin() + data::EOS, scores.end()) - scores.begin());
    watched.read(std::span(&id, 1));
  }
}

TEST_CASE("sample: the same seed draws the same text, and a text ends behind so many lines") {
  const nn::LanguageModel model = opinionated(7);
  const auto draw = [&](uint64_t seed, int64_t lines) {
    Cursor cursor(model);
    Rng rng(seed);
    return sample(cursor, 200, {.temperature = 2}, rng, lines);
  };
  CHECK(draw(1, 0) == draw(1, 0));
  CHECK(draw(1, 0) != draw(2, 0));
  const std::vector<int32_t> two = draw(1, 2);
  CHECK(two.size() < 200);
  CHECK(two.back() == data::EOS);
  CHECK(std::count(two.begin(), two.end(), data::EOS) == 2);
  for (const int32_t id : draw(4, 0)) CHECK(id >= data::EOS);
}

TEST_CASE("text_of: every <eos> ends a line, and what stands behind the last is shown as well") {
  const data::Codec codec = codec_of("char", {"a", "b", "▁"});
  CHECK(text_of(codec, std::vector<int32_t>{4, 6, 5, 3, 3, 4}) == "a b\n\na");
  CHECK(text_of(codec, std::vector<int32_t>{}).empty());
}

TEST_CASE("prompt: lines become ids; an unknown piece is named unless the model has met some; UTF-8 is checked") {
  const data::Codec codec = codec_of("char", {"a", "b", "▁"});
  CHECK(prompt_ids(codec, "a b\nb", false) == std::vector<int32_t>{4, 6, 5, 3, 5});
  CHECK(prompt_ids(codec, "", false).empty());
  CHECK(prompt_ids(codec, "aé", true) == std::vector<int32_t>{4, data::UNK});
  CHECK(test::message_of([&] { prompt_ids(codec, "aé", false); }) ==
        "[prompt] need what stands in the model's text, got 'é', which it has never seen");
  CHECK(test::message_of([&] { prompt_ids(codec, "a\xff", false); }) == "[prompt] need UTF-8, got an invalid byte 2");
}
