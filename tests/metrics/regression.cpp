#include "metrics/regression.h"

#include <doctest/doctest.h>

#include <cmath>

#include "tests/metrics/numbers.h"
#include "tests/support/tensors.h"
#include "tests/support/waits.h"

using namespace grus;
using namespace grus::metrics;
using test::inf;
using test::message_of;
using test::nan_number;

TEST_CASE("regression: errors by hand, of tensors of any shape and of vectors") {
  for (const Device& device : test::devices()) {
    const Tensor prediction = Tensor::from({1.0f, 2.0f, 3.0f, 5.0f}, {2, 2}, device);
    const Tensor target = Tensor::from({1.0f, 4.0f, 2.0f, 4.0f}, {2, 2}, device);
    const auto value = [&](RegressionMetric&& metric) {
      metric.update(prediction, target);
      return metric.value();
    };
    CHECK(value(MeanAbsoluteError()) == 1);
    CHECK(value(RootMeanSquaredError()) == doctest::Approx(std::sqrt(1.5)));
    CHECK(value(MeanAbsolutePercentageError()) == doctest::Approx(1.25 / 4));
    CHECK(value(QuantileLoss(0.75)) == doctest::Approx((0.75 * 2 + 0.25 * 1 + 0.25 * 1) / 4));
  }
  MeanAbsoluteError mae;
  mae.update({1, 2}, {2, 4});
  CHECK(mae.value() == 1.5);
}

TEST_CASE("regression: masked elements count for nothing, whatever stands there") {
  for (const Device& device : test::devices()) {
    MeanAbsoluteError mae;
    const Tensor mask = Tensor::from_bools({true, false, false, true}, {4}, device);
    mae.update(Tensor::from({1.0f, nan_number, inf, 2.0f}, {4}, device), Tensor::zeros({4}, DType::f32, device), mask);
    CHECK(mae.value() == 1.5);
    const Tensor weights = Tensor::from({1.0f, 0.0f, 0.0f, 3.0f}, {4}, device);
    mae.reset();
    mae.update(Tensor::from({1.0f, nan_number, inf, 2.0f}, {4}, device), Tensor::zeros({4}, DType::f32, device),
               weights);
    CHECK(mae.value() == 1.75);
  }
}

TEST_CASE("regression: updates do not wait for the device") {
  const Tensor prediction = Tensor::ones({8}), target = Tensor::zeros({8});
  RootMeanSquaredError rmse;
  test::Waits waits;
  const KernelObserverScope scope(waits);
  for (int i = 0; i < 20; ++i) rmse.update(prediction, target);
  CHECK(waits.count == 0);
  CHECK(rmse.value() == 1);
}

TEST_CASE("regression: nothing, NaN and what does not fit are errors") {
  MeanAbsoluteError mae;
  CHECK(message_of([&] { (void)mae.value(); }) == "[mae] need at least one example, got none");
  mae.update(Tensor::zeros({0}), Tensor::zeros({0}));
  CHECK(message_of([&] { (void)mae.value(); }) == "[mae] need at least one example, got none");
  mae.update(Tensor::zeros({2}), Tensor::zeros({2}), Tensor::zeros({2}));
  CHECK(message_of([&] { (void)mae.value(); }) == "[mae] need at least one example, got none");
  mae.update(Tensor::zeros({2}), Tensor::from({0.0f, nan_number}, {2}));
  CHECK(message_of([&] { (void)mae.value(); }) ==
        "[mae] need errors that are numbers, got NaN in row 3 since the reset");
  CHECK(message_of([&] {
          mae.update(Tensor::zeros({2}), Tensor::zeros({2, 1}));
        }) == "[mae] need predictions and targets of one shape, got (2) and (2, 1)");
  CHECK(message_of([&] { mae.update(Tensor::zeros({2}), Tensor::zeros({2}, DType::f64)); }).starts_with("[mae] need"));
  CHECK(message_of([&] { mae.update(Tensor(), Tensor::zeros({2})); }).starts_with("[mae] need"));
  CHECK(message_of([&] {
          mae.update({1}, {1, 2});
        }) == "[mae] need predictions and targets of one shape, got (1) and (2)");
  CHECK(message_of([] { QuantileLoss wrong(1); }) == "[quantile_loss] need a quantile in (0, 1), got 1");
}
