#pragma once
// A training run shows one line that changes and a line an epoch, takes Ctrl-C, and looks into single steps.
#include "examples/seq2seq/console.h"
#include "examples/seq2seq/step_watch.h"
#include "seq2seq/options.h"
#include "seq2seq/trainer_observer.h"

namespace grus::seq2seq {

class TrainingConsole : public TrainerObserver {
 public:
  /// Throws Error for a page or trace that cannot be written.
  explicit TrainingConsole(const TrainOptions& options) : watch_(options.show_step, options.profile) {}

  void before_step() override { watch_.before_step(); }
  void after_backward(const nn::ModuleBase& model) override { watch_.after_backward(model); }
  bool wants_progress() override { return line_.due(); }
  void show_progress(const StepProgress& progress) override;
  void before_validation(int64_t epoch) override;
  void after_validation() override { line_.clear(); }
  void after_epoch(const EpochMetrics& metrics, bool best) override;
  void after_steps() override { line_.clear(); }
  bool stop_requested() override { return seq2seq::stop_requested(); }
  void notice(std::string_view line) override { say(line); }

 private:
  ProgressLine line_;
  StepWatch watch_;
};

}  // namespace grus::seq2seq
