#pragma once
#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "training/callback.h"

namespace grus::report {
class EventFile;
}

namespace grus::training {

struct TensorBoardOptions {
  std::filesystem::path folder = {};  // without it "tensorboard" in the run's folder
  int64_t every = 1;                  // numbers of steps: those of each such step
  int64_t histograms = 0;             // weights and gradients of each such step, for which the run waits; 0: none
  std::vector<std::pair<std::string, std::string>> options = {};  // shown as a table of names and values
};

/// Writes event files that TensorBoard opens: step/loss, step/grad_norm and step/learning_rate of the steps, the
/// figures of each record ("valid_loss" as loss/valid), and histograms by parameter. TensorBoard drops what a run wrote
/// behind the step from which it was resumed. Throws Error, naming the file, where it cannot be written.
class TensorBoard : public Callback {
 public:
  explicit TensorBoard(TensorBoardOptions options = {});
  ~TensorBoard() override;

  void train_begin(const TrainBegin& event, Control& control) override;
  void backward_end(const BackwardEnd& event, Control& control) override;
  void step_figures(const StepFigures& event, Control& control) override;
  void recorded(const Recorded& event, Control& control) override;
  void train_end(const TrainEnd& event, Control& control) override;

 private:
  TensorBoardOptions options_;
  std::unique_ptr<report::EventFile> events_;
  double flushed_at_ = 0;
};

}  // namespace grus::training
