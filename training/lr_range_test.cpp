#include "training/lr_range_test.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/tape/tape.h"
#include "core/tensor/random.h"
#include "optim/clip.h"
#include "optim/optimizer.h"
#include "report/smooth.h"

namespace grus::training {
namespace {

nn::NamedTensors copies(nn::NamedTensors tensors) {
  for (nn::NamedTensor& named : tensors) named.tensor = named.tensor.detach().clone();
  return tensors;
}

/// Holds what the test changes. restore() is called once, whatever happened.
class Before {
 public:
  Before(nn::ModuleBase& model, optim::Optimizer& optimizer)
      : model_(model),
        optimizer_(optimizer),
        weights_(copies(model.state_dict())),
        state_(copies(optimizer.state())),
        random_(default_rng().state()),
        average_(optimizer.average()) {
    optimizer_.attach(nullptr);
    optimizer_.set_lr_factor(1);
  }
  void restore() {
    model_.zero_grad();
    optimizer_.zero_grad();
    model_.load_state_dict(weights_);
    optimizer_.load_state(state_);
    optimizer_.attach(average_);
    default_rng().set_state(random_);
  }

 private:
  nn::ModuleBase& model_;
  optim::Optimizer& optimizer_;
  nn::NamedTensors weights_, state_;
  RandomKey random_;
  optim::ExponentialMovingAverage* average_;
};

/// Follows the loss while the test runs. A moving mean lags behind, so it only says when to stop.
class Divergence {
 public:
  explicit Divergence(const RangeTestOptions& options) : options_(options) {}
  bool reached(double loss) {
    if (!std::isfinite(loss)) return true;
    sum_ = options_.smoothing * sum_ + (1 - options_.smoothing) * loss;
    weight_ = options_.smoothing * weight_ + (1 - options_.smoothing);
    const double mean = sum_ / weight_;
    least_ = std::min(least_, mean);
    return mean > least_ + (options_.divergence - 1) * std::abs(least_);
  }

 private:
  const RangeTestOptions& options_;
  double sum_ = 0, weight_ = 0, least_ = std::numeric_limits<double>::infinity();
};

void require_sound(const RangeTestOptions& o) {
  require<UsageError>(o.from > 0 && o.from < o.to && std::isfinite(o.to),
                      "[lr_range_test] need rates with 0 < from < to, got {} and {}", o.from, o.to);
  require<UsageError>(o.steps >= 2, "[lr_range_test] need at least 2 steps, got {}", o.steps);
  require<UsageError>(o.smoothing >= 0 && o.smoothing < 1, "[lr_range_test] need a smoothing in [0, 1), got {}",
                      o.smoothing);
  require<UsageError>(o.divergence > 1, "[lr_range_test] need a divergence above 1, got {}", o.divergence);
  require<UsageError>(o.clip >= 0, "[lr_range_test] need a clip of at least 0, got {}", o.clip);
}

// Returns whether there is anything left to learn: a gradient that is not finite ends the test as a loss does.
bool step(nn::ModuleBase& model, optim::Optimizer& optimizer, Tape& tape, const Tensor& loss, double clip) {
  tape.backward(loss);
  const double limit = clip > 0 ? clip : std::numeric_limits<double>::infinity();
  const optim::ClipResult norm = optim::clip_scale(model.named_parameters(), limit, optim::NonFinite::flag);
  if (norm.finite) optimizer.step(norm.scale);
  optimizer.zero_grad();
  model.zero_grad();
  return norm.finite;
}

void take_steps(RangeTest& test, nn::ModuleBase& model, optim::Optimizer& optimizer,
                const std::function<Tensor()>& next_loss, const RangeTestOptions& o) {
  Divergence divergence(o);
  for (int64_t i = 0; i < o.steps && !test.diverged; ++i) {
    const double share = static_cast<double>(i) / static_cast<double>(o.steps - 1);
    const double lr = o.from * std::pow(o.to / o.from, share);
    optimizer.set_lr(lr);
    Tape tape;
    const Tensor loss = next_loss();
    const double value = loss.item();
    require<Error>(i > 0 || std::isfinite(value), "[lr_range_test] need a finite loss at the first step, got {}",
                   value);
    if (std::isfinite(value)) test.points.push_back({lr, value, value});
    test.diverged = divergence.reached(value) || !step(model, optimizer, tape, loss, o.clip);
  }
}

// Losses that diverge are cut, as they would hide what comes before them.
void smooth(std::vector<RangeTestPoint>& points, const RangeTestOptions& o) {
  double least = std::numeric_limits<double>::infinity();
  for (const RangeTestPoint& p : points) least = std::min(least, p.loss);
  const double limit = std::max(points.front().loss, least + (o.divergence - 1) * std::abs(least));
  std::vector<double> losses;
  for (const RangeTestPoint& p : points) losses.push_back(std::min(p.loss, limit));
  const std::vector<double> smoothed = report::smoothed(losses, o.smoothing);
  for (size_t i = 0; i < points.size(); ++i) points[i].smoothed = smoothed[i];
}

void suggest(RangeTest& test) {
  const std::vector<RangeTestPoint>& p = test.points;
  const auto lower = [](const RangeTestPoint& a, const RangeTestPoint& b) { return a.smoothed < b.smoothed; };
  const auto least = static_cast<size_t>(std::min_element(p.begin(), p.end(), lower) - p.begin());
  double steepest = 0;
  for (size_t i = 1; i <= least && i + 1 < p.size(); ++i) {
    const double slope = (p[i + 1].smoothed - p[i - 1].smoothed) / std::log(p[i + 1].lr / p[i - 1].lr);
    if (slope >= steepest) continue;
    steepest = slope;
    test.steepest = p[i].lr;
  }
  if (least > 0) test.tenth_of_least = p[least].lr / 10;
}

}  // namespace

RangeTest lr_range_test(nn::ModuleBase& model, optim::Optimizer& optimizer, const std::function<Tensor()>& next_loss,
                        const RangeTestOptions& options) {
  require_sound(options);
  constexpr double none = std::numeric_limits<double>::quiet_NaN();
  RangeTest test{.points = {}, .steepest = none, .tenth_of_least = none};
  Before before(model, optimizer);
  try {
    take_steps(test, model, optimizer, next_loss, options);
  } catch (...) {
    before.restore();
    throw;
  }
  before.restore();
  smooth(test.points, options);
  suggest(test);
  return test;
}

}  // namespace grus::training
