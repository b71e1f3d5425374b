// Baselines, their errors, and conformal intervals.
#include <doctest/doctest.h>

#include <cmath>

#include "core/tensor/random.h"
#include "metrics/baselines.h"
#include "metrics/conformal.h"
#include "metrics/forecast_comparison.h"
#include "metrics/forecast_errors.h"
#include "ops/math/elementwise.h"
#include "ops/math/shape.h"
#include "tests/support/tensors.h"

using namespace grus;
using namespace grus::metrics;
using test::message_of;

namespace {

Tensor row(const std::vector<float>& values) {
  return Tensor::from(values, {1, static_cast<int64_t>(values.size()), 1});
}
std::vector<float> numbers(const Tensor& x) { return x.to_vector<float>(); }

}  // namespace

TEST_CASE("baselines: naive repeats the last row, seasonal naive the last season, in place") {
  const Tensor past = Tensor::from({1.0f, 10.0f, 2.0f, 20.0f, 3.0f, 30.0f}, {1, 3, 2});
  CHECK(numbers(naive_forecast(past, 2)) == std::vector<float>{3, 30, 3, 30});
  CHECK(numbers(seasonal_naive_forecast(past, 3, 2)) == std::vector<float>{2, 20, 3, 30, 2, 20});
  CHECK(numbers(seasonal_naive_forecast(row({1, 2, 3, 4}), 2, 3)) == std::vector<float>{2, 3});
  CHECK(message_of([&] { (void)seasonal_naive_forecast(past, 1, 4); }) ==
        "[seasonal_naive_forecast] need a season between 1 and the 3 steps of the past, got 4");
  CHECK(message_of([&] { (void)naive_forecast(Tensor::zeros({3}), 1); }).find("[naive_forecast] need a past") == 0);
}

TEST_CASE("linear forecast: finds the recurrence of a series that has one, at any level") {
  std::vector<float> series;
  for (int i = 0; i < 60; ++i) series.push_back(static_cast<float>(5 + 0.1 * i + std::sin(0.7 * i)));
  const Tensor x = Tensor::from(series, {60, 1});
  LinearForecast line(8, 3);
  for (int64_t i = 0; i + 11 <= 50; ++i) line.add(x.rows(i, i + 8).unsqueeze(0), x.rows(i + 8, i + 11).unsqueeze(0));
  line.solve(1e-9);
  const Tensor past = x.rows(49, 57).unsqueeze(0), truth = x.rows(57, 60).unsqueeze(0);
  CHECK(test::gap(line.forward(past), truth) < 1e-2);
  CHECK(test::gap(line.forward(past + 100), truth + 100) < 1e-2);
  const Tensor before = line.weight();
  line.solve(10);
  CHECK(test::gap(before, line.weight()) > 0.01);
}

TEST_CASE("linear forecast: is the ridge's closed form by hand, and leaves out windows with an unknown future") {
  LinearForecast line(2, 1);
  // x - x_L = (-1, 0), y - x_L = 2; with ridge r: w = -2 / (1 + r / 2), as the mean square of the inputs is 1 / 2.
  line.add(row({1, 2}), row({4}));
  line.add(row({5, 7}), row({1000}), row({0}));
  line.solve(0.5);
  CHECK(numbers(line.weight())[0] == doctest::Approx(-2 / 1.25));
  CHECK(numbers(line.weight())[1] == doctest::Approx(0));
  CHECK(message_of([&] { line.solve(0); }) == "[LinearForecast] need a ridge above 0, got 0");
  CHECK(message_of([] { LinearForecast(2, 1).solve(1); }) == "[LinearForecast] need windows before solve()");
  CHECK(message_of([] {
          (void)LinearForecast(2, 1).forward(Tensor::zeros({1, 2, 1}));
        }) == "[LinearForecast] need solve() before a forecast");
  CHECK(message_of([&] { line.add(row({1}), row({1})); }).find("[LinearForecast] need a past (B, 2, C)") == 0);
}

TEST_CASE("forecast errors: means over all, a column and a step, without what is not known") {
  ForecastErrors errors;
  const Tensor y = Tensor::from({1.0f, 0.0f, 2.0f, 0.0f}, {1, 2, 2}),
               t = Tensor::from({2.0f, 3.0f, 4.0f, 100.0f}, {1, 2, 2});
  errors.add(y, t, Tensor::from({1.0f, 1.0f, 1.0f, 0.0f}, {1, 2, 2}));
  CHECK(errors.count() == 3);
  CHECK(errors.mae() == 2);
  CHECK(errors.mse() == doctest::Approx((1 + 9 + 4) / 3.0));
  CHECK(errors.rmse(0) == doctest::Approx(std::sqrt(2.5)));
  CHECK(errors.mae_by_step() == std::vector<double>{2, 2});
  CHECK(std::isnan(errors.mae_by_step(1)[1]));
  CHECK(message_of([] { (void)ForecastErrors().mse(); }) == "[ForecastErrors] need a known error, got none");
  CHECK(message_of([&] { errors.add(y, Tensor::zeros({1, 2, 1})); }).find("[ForecastErrors] need forecasts") == 0);
}

TEST_CASE("conformal intervals: ranks by hand, and each step and column has its own") {
  ConformalIntervals intervals;
  for (int i = 1; i <= 19; ++i) {
    const auto e = static_cast<float>(i);
    intervals.add(Tensor::zeros({1, 1, 2}), Tensor::from({e, -2 * e}, {1, 1, 2}));
  }
  intervals.add(Tensor::zeros({1, 1, 2}), Tensor::from({999.0f, 999.0f}, {1, 1, 2}), Tensor::zeros({1, 1, 2}));
  // 19 errors at 0.8: ranks 2 and 18.
  CHECK(numbers(intervals.offsets(0.8)) == std::vector<float>{2, -36, 18, -4});
  CHECK(numbers(intervals.offsets(0.999)) == std::vector<float>{1, -38, 19, -2});
  CHECK(intervals.least_count() == 19);
  CHECK(message_of([&] { (void)intervals.offsets(1); }) == "[ConformalIntervals] need a level in (0, 1), got 1");
  CHECK(message_of([] { (void)ConformalIntervals().offsets(0.5); }).find("need an error of every step") !=
        std::string::npos);
}

TEST_CASE("conformal intervals: cover new values as often as they say") {
  Rng rng(7);
  ConformalIntervals intervals;
  intervals.add(Tensor::zeros({999, 1, 1}), exp(random_normal({999, 1, 1}, 0, 1, rng)));
  const std::vector<float> range = numbers(intervals.offsets(0.9));
  int inside = 0;
  for (const float t : numbers(exp(random_normal({10000, 1, 1}, 0, 1, rng)))) inside += t >= range[0] && t <= range[1];
  CHECK(inside > 8700);
  CHECK(inside < 9300);
}

TEST_CASE(
    "forecast comparison: says who wins, on which columns a baseline is better, and how many truths were inside") {
  ForecastComparison of({"model", "last", "mean"}, {"a", "b"});
  const Tensor truth = Tensor::from({1.0f, 1.0f}, {1, 1, 2});
  const auto add = [&](size_t method, float a, float b) {
    const Tensor y = Tensor::from({a, b}, {1, 1, 2});
    of.add(method, y, truth, y, truth);
  };
  add(0, 1.5f, 1);
  add(1, 1, 3);
  add(2, 5, 5);
  of.add_interval(Tensor::from({0.0f, 2.0f}, {1, 1, 2}), Tensor::from({1.0f, 3.0f}, {1, 1, 2}), truth);
  CHECK(of.model_wins());
  CHECK(of.inside() == 0.5);
  CHECK(of.verdict() ==
        "On 1 forecasts of 1 row the model beats all baselines, the best of which is last: MSE 0.1250 against "
        "2.0000. A baseline is better on a (last).");
  CHECK(of.table().find("last               2.0000   1.0000          0          2\n") != std::string::npos);
  ForecastComparison lost({"model", "last"}, {"a"});
  const Tensor one = Tensor::ones({2, 3, 1});
  lost.add(0, one, one, one, one);
  lost.add(1, one, one, one, one);
  CHECK(!lost.model_wins());
  CHECK(lost.verdict() == "On 2 forecasts of 3 rows the model LOSES to last: MSE 0.0000 against 0.0000.");
  CHECK(message_of([] {
          ForecastComparison({"model"}, {"a"});
        }).find("[ForecastComparison] need a model, a baseline") == 0);
  CHECK(message_of([&] { of.add(3, one, one, one, one); }).find("need one of 3 methods, got 3") != std::string::npos);
}
