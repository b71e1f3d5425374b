#include "language/cache.h"

#include <cmath>

#include "ops/math/matmul.h"
#include "ops/math/shape.h"
#include "ops/math/softmax.h"
#include "tests/language/small_model.h"

using namespace grus;
using namespace grus::language;
using test::codec_of;
using test::message_of;
using test::opinionated;

namespace {

const std::vector<std::string> lines = {"abc a", "cab", "", "bab cab", "abba abc"};

// Some hundred lines, which go through the model in more than one window.
std::vector<std::string> many_lines() {
  std::vector<std::string> many;
  for (int i = 0; i < 15; ++i) many.insert(many.end(), lines.begin(), lines.end());
  return many;
}

/// Returns the nats of the ids by the definition, the whole text in one call.
double by_definition(const nn::LanguageModel& model, const std::vector<int32_t>& ids, const CacheOptions& o) {
  std::vector<int32_t> inputs{data::EOS};
  inputs.insert(inputs.end(), ids.begin(), ids.end() - 1);
  const auto steps = static_cast<int64_t>(ids.size());
  const Tensor y = flatten(model(Tensor::from(inputs, {steps, 1})).y, 0, 1);
  const std::vector<float> p = softmax(model.logits(y)).to_vector<float>();
  const std::vector<float> likeness = matmul(y, y, {.transpose_b = true}).to_vector<float>();
  const auto vocabulary = p.size() / ids.size();
  double nats = 0;
  for (size_t t = 0; t < ids.size(); ++t) {
    const size_t first = t - std::min(t, static_cast<size_t>(o.size));
    double same = 0, sum = 0;
    for (size_t i = first; i < t; ++i) {
      const double a = std::exp(o.theta * static_cast<double>(likeness[t * ids.size() + i]));
      sum += a;
      same += ids[i] == ids[t] ? a : 0;
    }
    const double own = static_cast<double>(p[t * vocabulary + static_cast<size_t>(ids[t])]);
    nats -= std::log(t == 0 ? own : (1 - o.share) * own + o.share * same / sum);
  }
  return nats;
}

}  // namespace

TEST_CASE("cache: a text costs what the definition says, for caches longer and shorter than a window") {
  const nn::LanguageModel model = opinionated(8);
  const data::Codec codec = codec_of("char", {"a", "b", "c", "▁"});
  const std::vector<std::string> text = many_lines();
  const std::vector<int32_t> ids = stream_of(codec, text).ids;
  REQUIRE(ids.size() > 300);
  for (const CacheOptions& o : {CacheOptions{.size = 1000, .share = 0.2, .theta = 0.5}, CacheOptions{.size = 7},
                                CacheOptions{.size = 1, .share = 0.5, .theta = 0}}) {
    CAPTURE(o.size);
    const Likelihood cached = cached_likelihood(model, codec, text, o);
    CHECK(cached.nats == doctest::Approx(by_definition(model, ids, o)).epsilon(1e-5));
    CHECK(cached.tokens == static_cast<int64_t>(ids.size()));
  }
}

TEST_CASE("cache: without a share it is the model alone, and of a text that repeats itself it expects more") {
  const nn::LanguageModel model = opinionated(8);
  const data::Codec codec = codec_of("char", {"a", "b", "c", "▁"});
  Cursor cursor(model);
  const double alone = likelihood(cursor, codec, lines).nats;
  CHECK(cached_likelihood(model, codec, lines, {.size = 9, .share = 0}).nats == doctest::Approx(alone).epsilon(1e-5));
  const std::vector<std::string> same(40, "aaaaaaaaaa");
  Cursor other(model);
  CHECK(cached_likelihood(model, codec, same, {.size = 50}).nats < likelihood(other, codec, same).nats);
}

TEST_CASE("cache: options out of range are refused") {
  const nn::LanguageModel model = opinionated(8);
  const data::Codec codec = codec_of("char", {"a", "b", "c", "▁"});
  const auto message = [&](const CacheOptions& o) {
    return message_of([&] { cached_likelihood(model, codec, lines, o); });
  };
  CHECK(message({.size = 0}) == "[cache] need a size above 0, got 0");
  CHECK(message({.size = 1, .share = 2}) == "[cache] need a share of 0 to 1, got 2");
  CHECK(message({.size = 1, .theta = -1}) == "[cache] need a theta of 0 or more, got -1");
}
