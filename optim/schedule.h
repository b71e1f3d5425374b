#pragma once
// A learning-rate schedule gives the factor of the rates at update 0, 1, 2, ... It is a pure function of the update, so
// that resuming needs no state. A count below its least or a factor outside (0, 1] throws UsageError.
//   const Schedule schedule = warmup(200, cosine(20000, 0.02));
//   optimizer.set_lr_factor(schedule(optimizer.steps()));  // before each step
#include <functional>

#include "nn/parameter.h"

namespace grus::optim {

using Schedule = std::function<double(int64_t update)>;

/// The factor is always 1.
Schedule constant();
/// min(1, (update + 1) / updates) then(update), for at least 0 updates
Schedule warmup(int64_t updates, Schedule then = constant());
/// gamma^floor(update / every)
Schedule step_decay(int64_t every, double gamma = 0.1);
/// gamma^(number of milestones <= update)
Schedule milestones(std::vector<int64_t> at, double gamma = 0.1);
/// gamma^update
Schedule exponential(double gamma);
/// min(1, sqrt(updates / (update + 1))). Behind warmup(updates) it is the schedule of Vaswani et al. 2017.
Schedule inverse_square_root(int64_t updates);
/// last + (1 - last) (1 + cos(pi min(1, update / total))) / 2, with `last` in [0, 1] (Loshchilov and Hutter 2017)
Schedule cosine(int64_t total, double last = 0);

struct PlateauOptions {
  double factor = 0.5;
  int64_t patience = 2;  // evaluations without improvement before the factor falls
  double least = 0;      // the factor never falls below this
  double margin = 0;     // a figure is an improvement when it beats the best by more than this
  bool larger_is_better = false;
};

/// A Plateau is a factor that falls when a validation figure stops improving; multiply it by that of a schedule.
class Plateau {
 public:
  explicit Plateau(PlateauOptions options = {});
  /// Takes the figure of one evaluation and returns the factor from now on. NaN is no improvement.
  double update(double figure);
  double factor() const { return factor_; }

  nn::NamedTensors state() const;
  void load_state(const nn::NamedTensors& state);

 private:
  PlateauOptions options_;
  double factor_ = 1, best_ = 0;
  int64_t seen_ = 0, bad_ = 0;
};

}  // namespace grus::optim
