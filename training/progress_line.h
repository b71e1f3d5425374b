#pragma once
#include "training/callback.h"
#include "training/terminal_line.h"

namespace grus::training {

/// Shows epoch, step, moving loss, examples a second and the time left as a line that changes, and leaves a line with
/// the figures of each record. Where standard error is no terminal, nothing is written and nobody waits.
class ProgressLine : public Callback {
 public:
  void train_begin(const TrainBegin& event, Control& control) override;
  void epoch_begin(const EpochBegin& event, Control& control) override;
  void step_end(const StepEnd& event, Control& control) override;
  void step_figures(const StepFigures& event, Control& control) override;
  void validation_begin(const ValidationBegin& event, Control& control) override;
  void recorded(const Recorded& event, Control& control) override;
  void train_end(const TrainEnd& event, Control& control) override;

 private:
  double seconds_left(const StepEnd& event, double spent) const;

  TerminalLine line_;
  double began_ = 0, count_ = 0, loss_ = 0;  // when this part began, examples since then; the moving loss
  double epoch_began_ = 0;
  int64_t first_step_ = 0, first_position_ = 0;
  bool seen_ = false;  // whether there is a moving loss
};

/// Returns "epoch 2  step 30  train_loss 0.412  valid_accuracy 0.87  *"; the star says that it is the best.
std::string text_of(const Record& record);

}  // namespace grus::training
