// Properties of recurrences that the table's rows do not show: padding, batches of one, the parts of a loop.
#include <doctest/doctest.h>

#include <cmath>
#include <functional>
#include <mutex>

#include "core/base/error.h"
#include "core/tensor/random.h"
#include "ops/math/elementwise.h"
#include "ops/math/reduce.h"
#include "ops/math/shape.h"
#include "ops/sequence/gru.h"
#include "ops/sequence/lstm.h"
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

GruWeights gru_weights(Source& random, int64_t input, int64_t hidden) {
  return {random({3 * hidden, input}), random({3 * hidden, hidden}), random({3 * hidden}), random({3 * hidden})};
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

LstmWeights lstm_weights(Source& random, int64_t input, int64_t hidden) {
  return {random({4 * hidden, input}), random({4 * hidden, hidden}), random({4 * hidden}), random({4 * hidden})};
}

}  // namespace

TEST_CASE(
    "gru, lstm: padded places change nothing and come back as zeros; a batch of one gives what a batch of many gives") {
  for (const char* device : {"reference", "cpu"}) {
    Source random(device);
    const GruWeights for_gru = gru_weights(random, 2, 4);
    const LstmWeights for_lstm = lstm_weights(random, 2, 4);
    const std::function<Output(const Tensor&, const Lengths*)> layers[] = {
        [&](const Tensor& x, const Lengths* lengths) { return gru(x, lengths, {}, for_gru); },
        [&](const Tensor& x, const Lengths* lengths) { return lstm(x, lengths, {}, for_lstm); }};
    const Tensor x = random({5, 5, 2});
    const Lengths lengths(ragged, 5, random.device);
    for (const auto& layer : layers) {
      const Output short_run = layer(x, &lengths), long_run = layer(pad(x, {{0, 3}, {0, 0}, {0, 0}}, 1e9), &lengths);
      CHECK(largest_difference(short_run.y, long_run.y.rows(0, 5)) == 0);
      CHECK(largest_difference(short_run.state.h, long_run.state.h) == 0);
      CHECK(sum(abs(long_run.y.rows(5, 8))).item() == 0);
      CHECK(sum(abs(short_run.y[4][0])).item() == 0);
      for (int64_t b = 0; b < 5; ++b) {
        const Tensor one = slice(x, 1, b, b + 1).rows(0, ragged[static_cast<size_t>(b)]);
        CHECK(largest_difference(layer(one, nullptr).state.h, short_run.state.h.rows(b, b + 1)) < 1e-13);
      }
    }
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
