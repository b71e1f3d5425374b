#pragma once
// A training run shows one line that changes and a line an epoch, takes Ctrl-C, and looks into single steps.
#include "examples/support/step_watch.h"
#include "seq2seq/options.h"
#include "seq2seq/trainer.h"
#include "training/terminal_line.h"

namespace grus::seq2seq {

class TrainingConsole : public training::Callback {
 public:
  /// Throws Error for a page or trace that cannot be written.
  explicit TrainingConsole(const TrainOptions& options)
      : watch_(options.show_step, options.profile), validate_every_(options.validate_every) {}
  /// Returns what a trainer takes, which listens to signals as well.
  TrainerHooks hooks();

  void epoch_begin(const training::EpochBegin& event, training::Control& control) override;
  void step_end(const training::StepEnd& event, training::Control& control) override;
  void step_figures(const training::StepFigures& event, training::Control& control) override;
  void validation_begin(const training::ValidationBegin& event, training::Control& control) override;
  void validation_end(const training::ValidationEnd&, training::Control&) override { line_.clear(); }
  void recorded(const training::Recorded& event, training::Control& control) override;
  void train_end(const training::TrainEnd&, training::Control&) override { line_.clear(); }

 private:
  training::TerminalLine line_;
  StepWatch watch_;
  const int64_t validate_every_;
  double epoch_began_ = 0, last_loss_ = 0, nll_ = 0, tokens_ = 0;  // nll_, tokens_: of this part of the epoch
  int64_t first_position_ = 0;
};

}  // namespace grus::seq2seq
