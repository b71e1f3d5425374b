#include "metrics/running_sum.h"

#include <doctest/doctest.h>

#include <cmath>

#include "ops/math/elementwise.h"
#include "tests/support/tensors.h"
#include "tests/support/waits.h"

using namespace grus;
using namespace grus::metrics;
using test::message_of;

TEST_CASE("running sum: terms of every dtype and device add up") {
  RunningSum sum(2);
  for (const Device& device : test::devices()) {
    sum.add(Tensor::from({1.5f, 2.0f}, {2}, device));
    sum.add(Tensor::from({0.25, 1.0}, {1, 2}, device));
    sum.add(Tensor::from({int32_t{3}, int32_t{4}}, {2}, device));
    sum.add(Tensor::from({int64_t{5}, int64_t{6}}, {2, 1}, device));
  }
  const double own[] = {0.5, 0.5};
  sum.add(own);
  const auto n = static_cast<double>(test::devices().size());
  CHECK(sum.read() == std::vector<double>{9.75 * n + 0.5, 13 * n + 0.5});
  CHECK(sum.read() == std::vector<double>{9.75 * n + 0.5, 13 * n + 0.5});  // a read changes nothing
  sum.reset();
  CHECK(sum.read() == std::vector<double>{0, 0});
}

TEST_CASE("running sum: many small f32 terms lose nothing beside a large one") {
  RunningSum sum(1);
  sum.add(Tensor::full({}, 0x1p24));
  for (int i = 0; i < 1000; ++i) sum.add(Tensor::full({}, 1));
  CHECK(sum.read()[0] == 0x1p24 + 1000);
}

TEST_CASE("running sum: the host waits once in 256 updates of floats, and never for integers") {
  const Tensor part = Tensor::full({}, 1), count = Tensor::full({}, 1, DType::i64);
  RunningSum floats(1), integers(1);
  test::Waits waits;
  const KernelObserverScope scope(waits);
  for (int i = 0; i < 255; ++i) floats.add(part);
  for (int i = 0; i < 1000; ++i) integers.add(count);
  CHECK(waits.count == 0);
  floats.add(part);
  CHECK(waits.count == 1);
  CHECK(floats.read()[0] == 256);
  CHECK(waits.count == 1);
  CHECK(integers.read()[0] == 1000);
  CHECK(waits.count == 2);
}

TEST_CASE("running sum: large terms do not gather") {
  RunningSum sum((1 << 20) + 1);
  test::Waits waits;
  const KernelObserverScope scope(waits);
  sum.add(Tensor::ones({(1 << 20) + 1}));
  CHECK(waits.count == 1);
}

TEST_CASE("running sum: a term that does not fit is an error") {
  RunningSum sum(2);
  CHECK(message_of([&] { sum.add(Tensor::zeros({3})); }) == "[RunningSum] need 2 elements, got shape (3)");
  CHECK(message_of([&] { sum.add(Tensor::zeros({2}, DType::boolean)); }) ==
        "[RunningSum] need numbers, got bool (2); cast() it first");
  CHECK(message_of([&] { sum.add(Tensor()); }) == "[RunningSum] need a tensor, got an undefined one");
  CHECK(message_of([] { RunningSum empty(0); }) == "[RunningSum] need at least 1 element, got 0");
}

TEST_CASE("first row: rows count over all updates, and the first one stays") {
  for (const Device& device : test::devices()) {
    FirstRow first;
    first.add(Tensor::from_bools({false, false, false}, {3}, device));
    first.add(Tensor::from_bools({}, {0}, device));
    CHECK(!first.read());
    first.add(Tensor::from_bools({false, true, true}, {3}, device));
    first.add(Tensor::from_bools({true}, {1}, Device("reference")));
    CHECK(first.read() == 4);
    first.add(Tensor::from_bools({true}, {1}, device));
    CHECK(first.read() == 4);
    CHECK(message_of([&] { first.require_none("mae", "errors"); }) ==
          "[mae] need errors that are numbers, got NaN in row 4 since the reset");
    first.reset();
    CHECK(!first.read());
  }
}
