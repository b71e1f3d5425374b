#pragma once
// An observer hears what a training run does, and may stop it.
#include <string_view>

#include "nn/module.h"
#include "seq2seq/metrics.h"

namespace grus::seq2seq {

/// StepProgress says how far an epoch is.
struct StepProgress {
  int64_t epoch, epochs, batch, batches;
  double loss;  // mean nats a target token, of the last step that the host has read
  double perplexity, target_tokens_per_second, seconds_left;
};

/// Every function does nothing unless it is overridden; a run calls them on its own thread.
class TrainerObserver {
 public:
  virtual ~TrainerObserver() = default;
  virtual void before_step() {}
  /// The parameters have the step's gradients, and its tape still exists.
  virtual void after_backward(const nn::ModuleBase& /*model*/) {}
  virtual void after_step(int64_t /*step*/) {}
  /// Returns whether show_progress() should be called after this step; the run then waits for its device.
  virtual bool wants_progress() { return false; }
  virtual void show_progress(const StepProgress& /*progress*/) {}
  virtual void before_validation(int64_t /*epoch*/) {}
  virtual void after_validation() {}
  /// The epoch is saved; `best` says whether its weights are kept.
  virtual void after_epoch(const EpochMetrics& /*metrics*/, bool /*best*/) {}
  /// The steps of an epoch have ended, or an error ends the run: what is on the screen may go.
  virtual void after_steps() {}
  /// Returns true to make the run save itself and end before its next step.
  virtual bool stop_requested() { return false; }
  virtual void notice(std::string_view /*line*/) {}
};

}  // namespace grus::seq2seq
