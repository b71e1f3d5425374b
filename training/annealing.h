#pragma once
#include "training/callback.h"

namespace grus::training {

/// An Annealing is a weight of a part of the loss that grows with the steps: w = last min(1, step / steps), step
/// counted from 0; `last` at once where steps is 0. The KL of a variational autoencoder needs one (Bowman et al. 2016,
/// section 3.1). It depends on the step alone, so that a resumed run goes on with the same bits.
class Annealing : public Callback {
 public:
  Annealing(double last, int64_t steps) : last_(last), steps_(steps), now_(steps > 0 ? 0 : last) {}
  bool on_every_rank() const override { return true; }
  void step_begin(const StepBegin& event, Control&) override {
    const double done = static_cast<double>(event.step - 1) / static_cast<double>(steps_);
    now_ = steps_ > 0 && done < 1 ? last_ * done : last_;
  }
  /// Returns the weight of the step that is under way.
  double operator()() const { return now_; }
  double last() const { return last_; }

 private:
  double last_;
  int64_t steps_;
  double now_;
};

}  // namespace grus::training
