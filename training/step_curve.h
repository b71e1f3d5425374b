#pragma once
// The figures of any number of steps in a bounded number of points.
#include <cstdint>
#include <vector>

#include "nn/parameter.h"

namespace grus::training {

/// A point is the mean of a few steps that follow one another; `step` is the last of them.
struct StepPoint {
  int64_t step = 0;
  double loss = 0, grad_norm = 0, learning_rate = 0;
};

/// A StepCurve keeps at most 1024 points: when there would be more, each two neighbours become one, and later points
/// take twice as many steps.
class StepCurve {
 public:
  static constexpr size_t most = 1024;

  void add(const StepPoint& step);
  /// Returns the points, the one that is not full yet last.
  std::vector<StepPoint> points() const;
  /// Forgets what lies behind this step.
  void cut_after(int64_t step);

  /// Returns one f64 tensor, from which load_state() goes on to the same points.
  nn::NamedTensors state() const;
  /// Throws DataError for another state.
  void load_state(const nn::NamedTensors& state);

 private:
  struct Sum {
    StepPoint sum;
    int64_t steps = 0;
  };
  static StepPoint mean(const Sum& sum);
  int64_t width_ = 1;  // steps of a full point
  std::vector<Sum> sums_;
};

}  // namespace grus::training
