#include "ops/softmax.h"

#include <doctest/doctest.h>

#include <limits>

#include "core/tape.h"
#include "ops/elementwise.h"
#include "ops/index.h"
#include "ops/reduce.h"
#include "tests/ops/rows.h"

using namespace grus;
using namespace grus::test;

namespace {

constexpr double inf = std::numeric_limits<double>::infinity();

/// (2, 3): the second row has no true entry.
Tensor some_mask(Device device) { return Tensor::from_bools({true, false, true, false, false, false}, {2, 3}, device); }

/// -inf has no distance that a check could measure.
Tensor finite(const Tensor& x) { return masked_fill(x, equal(x, -inf), 0); }

}  // namespace

TEST_CASE("softmax and log_softmax: gradients of first and second order, over any axis and mask") {
  using Xs = std::span<const Tensor>;
  const auto mask = [](Xs x) { return some_mask(x[0].device()); };
  check_rows({
      {"softmax", {{{2, 3}}}, [](Xs x) { return softmax(x[0]); }},
      {"softmax over axis 0", {{{3, 2}}}, [](Xs x) { return softmax(x[0], 0); }},
      {"softmax over the middle", {{{2, 3, 2}}}, [](Xs x) { return softmax(x[0], 1); }},
      {"softmax of a vector", {{{4}}}, [](Xs x) { return softmax(x[0]); }},
      {"softmax of size 1", {{{2, 1}}}, [](Xs x) { return softmax(x[0]); }},
      {"softmax of no rows", {{{0, 3}}}, [](Xs x) { return softmax(x[0]); }},
      {"softmax of empty rows", {{{3, 0}}}, [](Xs x) { return softmax(x[0]); }},
      {"masked softmax", {{{2, 3}}}, [mask](Xs x) { return softmax(x[0], -1, mask(x)); }},
      {"masked softmax, mask broadcast", {{{4, 2, 3}}}, [mask](Xs x) { return softmax(x[0], -1, mask(x)); }},
      {"masked softmax over axis 0", {{{2, 3}}}, [mask](Xs x) { return softmax(x[0], 0, mask(x)); }},
      {"log_softmax", {{{2, 3}}}, [](Xs x) { return log_softmax(x[0]); }},
      {"log_softmax over axis 0", {{{3, 2}}}, [](Xs x) { return log_softmax(x[0], 0); }},
      {"log_softmax of empty rows", {{{3, 0}}}, [](Xs x) { return log_softmax(x[0]); }},
      {"masked log_softmax", {{{2, 3}}}, [mask](Xs x) { return finite(log_softmax(x[0], -1, mask(x))); }},
  });
}

TEST_CASE("softmax: values, and no overflow") {
  for (const Device& d : devices()) {
    const Tensor x = f64({0, 1, 2}, {3}, d);
    check_equal(softmax(x), {3}, {0.09003057317038046, 0.24472847105479764, 0.6652409557748218});
    check_equal(log_softmax(x), {3}, {-2.4076059644443806, -1.4076059644443804, -0.4076059644443804});
    check_equal(softmax(f64({1000, 1000}, {2}, d)), {2}, {0.5, 0.5});
    check_equal(log_softmax(f64({-1000, 1000}, {2}, d)), {2}, {-2000, 0});
    check_equal(softmax(cast(f64({-1000, 1000}, {2}, d), DType::f32)), {2}, {0, 1});
  }
}

TEST_CASE("softmax: a masked place is 0 (-inf), so is a row that is all masked, and no gradient is NaN") {
  for (const Device& d : devices()) {
    const Tensor x = f64({0, 5, 0, 1, 2, 3}, {2, 3}, d);
    check_equal(softmax(x, -1, some_mask(d)), {2, 3}, {0.5, 0, 0.5, 0, 0, 0});
    const double l = -0.6931471805599453;
    check_equal(log_softmax(x, -1, some_mask(d)), {2, 3}, {l, -inf, l, -inf, -inf, -inf});
    for (const bool create_graph : {false, true}) {
      Tape tape;
      const Tensor known = tape.watch(x);
      const Tensor seed = f64({1, 1, 2, 1, 1, 1}, {2, 3}, d);
      const std::vector<Tensor> inputs{known};
      const Tensor y = softmax(known, -1, some_mask(d)), z = log_softmax(known, -1, some_mask(d));
      check_equal(tape.grad(y, inputs, create_graph, seed)[0], {2, 3}, {-0.25, 0, 0.25, 0, 0, 0});
      check_equal(tape.grad(z, inputs, create_graph, seed)[0], {2, 3}, {-0.5, 0, 0.5, 0, 0, 0});
    }
  }
}

TEST_CASE("softmax: errors name the op, shapes and dtypes") {
  const Device d = devices()[0];
  const Tensor x = Tensor::zeros({2, 3}, DType::f64, d);
  CHECK(message_of([&] { softmax(x, 2); }) == "[softmax] need an axis in [-2, 2), got 2");
  CHECK(message_of([&] { softmax(x, 1, x); }) == "[softmax] need a bool mask, got f64 (2, 3)");
  CHECK(message_of([&] { log_softmax(x[0], 0, some_mask(d)); }) ==
        "[log_softmax] need a mask that broadcasts to x (3), got (2, 3)");
  CHECK(message_of([&] { softmax(i64({1}, {1}, d)); }) == "[softmax] need f32 or f64, got i64 (1)");
  CHECK(message_of([&] { softmax(Tensor::zeros({}, DType::f64, d)); }) ==
        "[softmax] need at least one axis, got shape ()");
}
