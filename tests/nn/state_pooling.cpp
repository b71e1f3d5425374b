#include "nn/state_pooling.h"

#include <doctest/doctest.h>

#include <cmath>

#include "core/base/error.h"
#include "nn/gru.h"
#include "ops/math/index.h"
#include "ops/math/reduce.h"
#include "ops/sequence/sequence.h"

using namespace grus;
using namespace grus::nn;

namespace {

const Lengths lengths({3, 1});

// Two sequences of 3 and 1 steps with two features, packed: (1, 8), (5, 6), (2, 0), (3, -3) of steps 0, 0, 1, 2.
Output output() {
  Output out(Tensor::from({3.0, -3.0, 5.0, 6.0}, {1, 2, 2}));
  out.y = Tensor::from({1.0, 8.0, 5.0, 6.0, 2.0, 0.0, 3.0, -3.0}, {4, 2});
  return out;
}

std::vector<double> numbers(const Tensor& x) { return x.detach().to_vector<double>(); }

}  // namespace

TEST_CASE("state pooling: last, mean and max of ragged sequences, by hand") {
  const auto pooled = [&](Pool pool) { return StatePooling({.states = 2, .pool = pool})(output(), lengths); };
  CHECK(numbers(pooled(Pool::last).state) == std::vector<double>{3, -3, 5, 6});
  CHECK(numbers(pooled(Pool::mean).state)[0] == doctest::Approx(2));
  CHECK(numbers(pooled(Pool::mean).state)[1] == doctest::Approx(5.0 / 3));
  CHECK(numbers(pooled(Pool::max).state) == std::vector<double>{3, 8, 5, 6});
  CHECK(numbers(pooled(Pool::max).weights) == std::vector<double>{0.5, 0, 0.5, 1, 0, 0});
  CHECK(numbers(pooled(Pool::mean).weights)[1] == doctest::Approx(1.0 / 3));
}

TEST_CASE("state pooling: attention weighs states by softmax(v . tanh(W h + b))") {
  StatePooling pooling({.states = 2, .keys = 1});
  pooling.to(DType::f64);
  pooling.key->weight.assign(Tensor::from({0.5, 0.25}, {1, 2}));
  pooling.key->bias.assign(Tensor::from({0.1}, {1}));
  pooling.query.assign(Tensor::from({2.0}, {1}));
  const PooledState pooled = pooling(output(), lengths);
  const double e[] = {std::exp(2 * std::tanh(2.6)), std::exp(2 * std::tanh(1.1)), std::exp(2 * std::tanh(0.85))};
  const double all = e[0] + e[1] + e[2];
  CHECK(numbers(pooled.weights)[1] == doctest::Approx(e[1] / all));
  CHECK(numbers(pooled.state)[0] == doctest::Approx((e[0] * 1 + e[1] * 2 + e[2] * 3) / all));
  CHECK(numbers(pooled.state)[2] == doctest::Approx(5));
  CHECK(pooling.parameter_count() == 4);
}

TEST_CASE("state pooling: of two directions, last is what each saw last") {
  Rng rng(1);
  const Gru gru({.input = 3, .hidden = 2, .bidirectional = true}, rng);
  const Tensor x = random_normal({4, 3}, 0, 1, rng);
  const Output out = gru.forward_packed(x, lengths);
  const StatePooling pooling({.states = 4, .bidirectional = true, .pool = Pool::last}, rng);
  const std::vector<float> state = pooling(out, lengths).state.to_vector<float>(), y = out.y.to_vector<float>();
  CHECK(state[0] == y[3 * 4]);  // forward, step 2 of sequence 0
  CHECK(state[2] == y[2]);      // backward, step 0
}

TEST_CASE("state pooling: a sequence without a step is refused") {
  const Lengths some({2, 0});
  Output out(Tensor::zeros({1, 2, 2}));
  out.y = Tensor::zeros({2, 2});
  CHECK_THROWS_WITH_AS(static_cast<void>(StatePooling({.states = 2, .pool = Pool::mean})(out, some)),
                       doctest::Contains("need sequences of 1 step or more"), UsageError);
}
