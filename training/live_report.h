#pragma once
#include <filesystem>
#include <string>

#include "training/training_report.h"

namespace grus::training {

struct LiveReportOptions {
  std::string title = "A training run", model = "";  // `model` is one phrase
  std::string command = "";
  report::Facts options = {};         // what the reader should know of the run: names and values
  double seconds = 10;                // at least so long between two pages
  double share = 0.01;                // of the run's time that pages may take; they are rarer where they take long
  std::filesystem::path folder = {};  // of the files, made where it is missing; without it the run's own
};

/// A LiveReport writes report.html while training runs and when it ends, and beside it report.json, from which
/// redraw_report() draws the page of a run that was killed. Step figures are taken as they come: nobody waits for the
/// device. An open page loads itself again. Throws Error, naming the file, where it cannot be written.
class LiveReport : public Callback {
 public:
  explicit LiveReport(LiveReportOptions options = {});

  void train_begin(const TrainBegin& event, Control& control) override;
  void step_figures(const StepFigures& event, Control& control) override;
  void step_end(const StepEnd& event, Control& control) override;
  void recorded(const Recorded& event, Control& control) override;
  void train_end(const TrainEnd& event, Control& control) override;

  /// Puts sections (markup, as report::section gives) with so many figures above the curves, in place of those before.
  /// Writes the page once a run has begun.
  void show(std::string sections, int64_t figures = 0);

  std::string name() const override { return "live_report"; }
  nn::NamedTensors state() const override { return curve_.state(); }
  void load_state(const nn::NamedTensors& state) override { curve_.load_state(state); }

 private:
  void write();
  void count_time();

  LiveReportOptions options_;
  TrainingReport report_;
  StepCurve curve_;
  std::filesystem::path folder_;
  double began_ = 0, earlier_ = 0, written_at_ = 0, pause_ = 0;  // earlier: seconds of the part that was done before
  double share_ = 0, first_share_ = 0;  // of the run that is done; 0 where its length is not known
  int64_t first_step_ = 0;
};

}  // namespace grus::training
