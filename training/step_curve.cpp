#include "training/step_curve.h"

#include <cmath>

#include "core/base/error.h"

namespace grus::training {
namespace {

constexpr size_t columns = 5;  // step, steps, and three sums
constexpr double largest_count = 0x1p53;

void add_to(StepPoint& sum, const StepPoint& other) {
  sum.step = other.step;
  sum.loss += other.loss;
  sum.grad_norm += other.grad_norm;
  sum.learning_rate += other.learning_rate;
}

int64_t count_from(double value) {
  require<DataError>(value >= 0 && value < largest_count && value == std::floor(value),
                     "[live report] need counts of steps in a state, got {}", value);
  return static_cast<int64_t>(value);
}

}  // namespace

StepPoint StepCurve::mean(const Sum& sum) {
  const auto steps = static_cast<double>(sum.steps);
  return {sum.sum.step, sum.sum.loss / steps, sum.sum.grad_norm / steps, sum.sum.learning_rate / steps};
}

void StepCurve::add(const StepPoint& step) {
  if (sums_.empty() || sums_.back().steps >= width_) sums_.emplace_back();
  add_to(sums_.back().sum, step);
  ++sums_.back().steps;
  if (sums_.size() < most || sums_.back().steps < width_) return;
  for (size_t i = 0; i < sums_.size() / 2; ++i) {
    Sum pair = sums_[2 * i];
    add_to(pair.sum, sums_[2 * i + 1].sum);
    pair.steps += sums_[2 * i + 1].steps;
    sums_[i] = pair;
  }
  sums_.resize(sums_.size() / 2);
  width_ *= 2;
}

std::vector<StepPoint> StepCurve::points() const {
  std::vector<StepPoint> points;
  for (const Sum& sum : sums_) points.push_back(mean(sum));
  return points;
}

void StepCurve::cut_after(int64_t step) {
  while (!sums_.empty() && sums_.back().sum.step > step) sums_.pop_back();
}

nn::NamedTensors StepCurve::state() const {
  std::vector<double> values;
  for (const Sum& sum : sums_)
    for (const double value : {static_cast<double>(sum.sum.step), static_cast<double>(sum.steps), sum.sum.loss,
                               sum.sum.grad_norm, sum.sum.learning_rate})
      values.push_back(value);
  const Device host("cpu");
  const auto rows = static_cast<int64_t>(sums_.size());
  return {{"width", Tensor::from(std::vector<int64_t>{width_}, host)},
          {"steps", Tensor::from(values, {rows, static_cast<int64_t>(columns)}, host)}};
}

void StepCurve::load_state(const nn::NamedTensors& state) {
  const Tensor *width = nn::find(state, "width"), *steps = nn::find(state, "steps");
  require<DataError>(width && width->dtype() == DType::i64 && width->numel() == 1 && steps &&
                         steps->dtype() == DType::f64 && steps->rank() == 2 &&
                         steps->dim(1) == static_cast<int64_t>(columns) && steps->dim(0) < static_cast<int64_t>(most),
                     "[live report] need a state of a width and of steps (fewer than {}, {}), got another", most,
                     columns);
  std::vector<Sum> sums;
  const std::vector<double> values = steps->to_vector<double>();
  for (size_t at = 0; at < values.size(); at += columns)
    sums.push_back(
        {{count_from(values[at]), values[at + 2], values[at + 3], values[at + 4]}, count_from(values[at + 1])});
  const int64_t whole = width->item<int64_t>();
  require<DataError>(whole > 0 && whole < (INT64_C(1) << 53), "[live report] need a width above 0, got {}", whole);
  width_ = whole;
  sums_ = std::move(sums);
}

}  // namespace grus::training
