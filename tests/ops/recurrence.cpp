// Properties of recurrences that the table's rows do not show: padding, batches of one, a step on its own.
#include <doctest/doctest.h>

#include <cmath>
#include <mutex>

#include "core/base/error.h"
#include "core/tensor/random.h"
#include "ops/attention_gru.h"
#include "ops/elementwise.h"
#include "ops/gradcheck.h"
#include "ops/lstm.h"
#include "ops/matmul.h"
#include "ops/reduce.h"
#include "ops/sequence.h"
#include "ops/shape.h"
#include "tests/support/threads.h"

using namespace grus;

namespace {

struct Source {
  explicit Source(const char* device, uint64_t seed = 1) : device(device), rng(seed) {}
  Tensor operator()(const Shape& shape, DType dtype = DType::f64) {
    return random_normal(shape, 0, 0.6, rng, dtype, device);
  }
  Device device;
  Rng rng;
};

GruWeights gru_weights(Source& random, int64_t input, int64_t hidden, DType dtype = DType::f64) {
  return {random({3 * hidden, input}, dtype), random({3 * hidden, hidden}, dtype), random({3 * hidden}, dtype),
          random({3 * hidden}, dtype)};
}

double largest_difference(const Tensor& a, const Tensor& b) {
  REQUIRE(a.shape() == b.shape());
  if (a.numel() == 0) return 0;
  const auto x = cast(a, DType::f64).to_vector<double>(), y = cast(b, DType::f64).to_vector<double>();
  double largest = 0;
  for (size_t i = 0; i < x.size(); ++i)
    largest = std::isfinite(x[i] - y[i]) ? std::max(largest, std::abs(x[i] - y[i])) : INFINITY;
  return largest;
}

const std::vector<int64_t> ragged = {3, 1, 5, 5, 2};

LstmWeights lstm_weights(Source& random, int64_t input, int64_t hidden, DType dtype = DType::f64) {
  return {random({4 * hidden, input}, dtype), random({4 * hidden, hidden}, dtype), random({4 * hidden}, dtype),
          random({4 * hidden}, dtype)};
}

std::vector<Tensor> lstm_inputs(Source& random, const Lengths& lengths, int64_t input, int64_t hidden) {
  const LstmWeights w = lstm_weights(random, input, hidden);
  return {random({lengths.total(), input}),
          random({lengths.batch(), hidden}),
          random({lengths.batch(), hidden}),
          w.weight_ih,
          w.weight_hh,
          w.bias_ih,
          w.bias_hh};
}

}  // namespace

TEST_CASE("recurrence: without weight_ih, x holds the gates' inputs, and nothing else changes") {
  for (const char* device : {"reference", "cpu"}) {
    Source random(device);
    const Lengths lengths(ragged, -1, random.device);
    const std::vector<Tensor> in = lstm_inputs(random, lengths, 3, 5);
    const auto lstm_of = [&](std::span<const Tensor> w) -> std::vector<Tensor> {
      return {lstm_packed(w[0], lengths, {in[1], in[2]}, {{}, w[1], {}, w[2]}).y};
    };
    const Tensor gx = linear(in[0], in[3], in[5]);
    const std::vector<Tensor> weights{gx, in[4], in[6]};
    CHECK(largest_difference(lstm_of(weights)[0],
                             lstm_packed(in[0], lengths, {in[1], in[2]}, {in[3], in[4], in[5], in[6]}).y) < 1e-14);
    gradcheck(TensorsFunction(lstm_of), weights);
    gradgradcheck(TensorsFunction(lstm_of), weights);
    const GruWeights g = gru_weights(random, 3, 5);
    const auto gru_of = [&](std::span<const Tensor> w) -> std::vector<Tensor> {
      return {gru_packed(w[0], lengths, in[1], {{}, w[1], {}, w[2]}, {Reset::before, Update::keep}).y};
    };
    const std::vector<Tensor> gru_in{linear(in[0], g.weight_ih, g.bias_ih), g.weight_hh, g.bias_hh};
    CHECK(largest_difference(gru_of(gru_in)[0], gru_packed(in[0], lengths, in[1], g, {Reset::before, Update::keep}).y) <
          1e-14);
    gradcheck(TensorsFunction(gru_of), gru_in);
    CHECK(largest_difference(gx, linear(in[0], in[3], in[5])) == 0);  // the caller's rows stay as they are
  }
}

TEST_CASE(
    "lstm: padded places change nothing and come back as zeros; a batch of one gives what a batch of many gives") {
  for (const char* device : {"reference", "cpu"}) {
    Source random(device);
    const LstmWeights w = lstm_weights(random, 2, 4);
    const Tensor x = random({5, 5, 2});
    const Lengths lengths(ragged, 5, random.device);
    const Output short_run = lstm(x, &lengths, {}, w),
                 long_run = lstm(pad(x, {{0, 3}, {0, 0}, {0, 0}}, 1e9), &lengths, {}, w);
    CHECK(largest_difference(short_run.y, long_run.y.rows(0, 5)) == 0);
    CHECK(largest_difference(short_run.state.c, long_run.state.c) == 0);
    CHECK(sum(abs(long_run.y.rows(5, 8))).item() == 0);
    for (int64_t b = 0; b < 5; ++b) {
      const Tensor one = slice(x, 1, b, b + 1).rows(0, ragged[static_cast<size_t>(b)]);
      CHECK(largest_difference(lstm(one, nullptr, {}, w).state.c, short_run.state.c.rows(b, b + 1)) < 1e-13);
    }
  }
}

TEST_CASE("gru: padded places change nothing and come back as zeros") {
  for (const char* device : {"reference", "cpu"}) {
    Source random(device);
    const GruWeights w = gru_weights(random, 2, 4);
    const Tensor x = random({5, 5, 2});
    const Lengths lengths(ragged, 5, random.device);
    const Tensor more = pad(x, {{0, 3}, {0, 0}, {0, 0}}, 1e9);
    const Output short_run = gru(x, &lengths, {}, w), long_run = gru(more, &lengths, {}, w);
    CHECK(largest_difference(short_run.y, long_run.y.rows(0, 5)) == 0);
    CHECK(largest_difference(short_run.state.h, long_run.state.h) == 0);
    CHECK(sum(abs(long_run.y.rows(5, 8))).item() == 0);
    CHECK(sum(abs(short_run.y[4][0])).item() == 0);
  }
}

TEST_CASE("gru: a batch of one gives what a batch of many gives") {
  Source random("cpu");
  const GruWeights w = gru_weights(random, 3, 8);
  const Tensor x = random({5, 5, 3});
  const Lengths lengths(ragged, 5, random.device);
  const Output all = gru(x, &lengths, {}, w);
  for (int64_t b = 0; b < 5; ++b) {
    const Tensor one = slice(x, 1, b, b + 1).rows(0, ragged[static_cast<size_t>(b)]);
    const Output alone = gru(one, nullptr, {}, w);
    CHECK(largest_difference(alone.state.h, all.state.h.rows(b, b + 1)) < 1e-13);
  }
}

TEST_CASE("recurrence: parts cover every sequence once, with about as many rows each") {
  const test::Threads scope(3);
  std::vector<int64_t> lengths;
  for (int64_t i = 0; i < 90; ++i) lengths.push_back(1 + i % 9);
  const Lengths batch(lengths, -1, Device("cpu"));
  std::vector<int> seen(90);
  std::vector<int64_t> rows;
  std::mutex mutex;
  recurrence::in_parts(Device("cpu"), batch, [&](recurrence::Ranks ranks) {
    const std::lock_guard lock(mutex);
    rows.push_back(0);
    recurrence::for_each_step(batch, false, ranks,
                              [&](int64_t, recurrence::StepRows part) { rows.back() += part.count(); });
    for (int64_t rank = ranks.first; rank < ranks.last; ++rank) ++seen[static_cast<size_t>(rank)];
  });
  CHECK(seen == std::vector<int>(90, 1));
  REQUIRE(rows.size() == 3);
  for (const int64_t count : rows) CHECK(std::abs(count - 150) <= 9);
}

TEST_CASE("attention_gru: a step on its own equals the first step of the loop") {
  for (bool conditional : {false, true}) {
    Source random("cpu");
    const Lengths targets({1, 1, 1}, -1, random.device), sources({2, 3, 1}, -1, random.device);
    AttentionGruWeights w{{}, gru_weights(random, conditional ? 6 : 9, 4), random({5, 4}), random({5}), random({5}),
                          {}};
    if (conditional) w.first = gru_weights(random, 3, 4);
    const AttentionMemory memory{random({6, 5}), random({6, 6}), sources};
    const Tensor x = random({3, 3}), h = random({3, 4});
    const Output loop = attention_gru(x, targets, h, memory, w);
    const Output step = attention_gru_step(x, h, memory, attention_rows(sources, {0, 1, 2}), w);
    CHECK(largest_difference(loop.y, step.y) == 0);
    CHECK(largest_difference(loop.attention.context, step.attention.context) == 0);
    CHECK(largest_difference(loop.attention.weights, step.attention.weights) == 0);
  }
}
