// Operators, and what their records keep.
#include "ops/math/elementwise.h"

#include <doctest/doctest.h>

#include "core/tape/tape.h"
#include "core/watch/tape_print.h"
#include "tests/support/tensors.h"

using namespace grus;
using namespace grus::test;

TEST_CASE("elementwise: comparisons are written as in C++, with a number on either side") {
  for (const Device& d : devices()) {
    const Tensor a = f64({1, 2, 3}, {3}, d), b = f64({3, 2, 1}, {3}, d);
    using Bools = std::vector<bool>;
    const auto bools = [](const Tensor& x) { return x.to_bools(); };
    CHECK(bools(a < b) == Bools{true, false, false});
    CHECK(bools(a <= b) == Bools{true, true, false});
    CHECK(bools(a > b) == Bools{false, false, true});
    CHECK(bools(a >= b) == Bools{false, true, true});
    CHECK(bools(a < 2.0) == Bools{true, false, false});
    CHECK(bools(2.0 <= a) == Bools{false, true, true});
    CHECK(bools(where(a > 2.0, a, 0.0) >= 3.0) == Bools{false, false, true});
  }
}

TEST_CASE("elementwise: only what a gradient reads is kept") {
  const Device d = devices()[0];
  const Tensor mask = Tensor::ones({10}, DType::f64, d);
  const auto saved = [&](const std::function<Tensor(const Tensor&)>& f) {
    Tape tape;
    const Tensor x = tape.watch(Tensor::ones({10}, DType::f64, d));
    const Tensor y = f(x);
    return saved_bytes(tape);
  };
  CHECK(saved([](const Tensor& x) { return neg(x); }) == 0);
  CHECK(saved([](const Tensor& x) { return x + x; }) == 0);
  const size_t one = saved([](const Tensor& x) { return tanh(x); });
  CHECK(one > 0);
  CHECK(saved([&](const Tensor& x) { return x * mask; }) == one);
  CHECK(saved([&](const Tensor& x) { return x * x * x; }) == 2 * one);
}

TEST_CASE("elementwise: integers beside a number stay integers") {
  for (const Device& d : devices()) {
    const Tensor a = i64({-3, 0, 5}, {3}, d);
    CHECK((a - 1.0).dtype() == DType::i64);
    check_equal(a - 1.0, {3}, {-4, -1, 4});
    check_equal(minimum(a, 1.0), {3}, {-3, 0, 1});
    check_equal(0.0 - i32({7}, {1}, d), {1}, {-7});
  }
}
