#pragma once
// What stands around a training: the folder, Ctrl-C, a line each epoch, the report.
//   programs::Run run("add", o.table(), o.training, {.title = "Sums", .model = "GRU, 128", .command = line});
//   training::FitOptions fit = run.begin({.write = ...}, batches.batches());
//   fit.validation = training::validation(...);
//   const auto optimizer = make_optimizer(o.training, model.named_parameters());
//   const training::FitResult result = training::fit(model, *optimizer, batches, loss, fit);
//   if (programs::ends_here(result)) return programs::stopped(result);
//   run.show(report::section("Test", figures(...)), figures);
#include <memory>
#include <string>

#include "examples/support/step_watch.h"
#include "tasks/base/model_files.h"
#include "tasks/base/run_options.h"
#include "training/fit_options.h"
#include "training/live_report.h"
#include "training/stop.h"

namespace grus::programs {

/// What the report says of a run; `model` is one phrase.
struct About {
  std::string title, model, command;
};

class Run {
 public:
  /// Everything that comes by reference must outlive the run. Throws Error for files of --show-step and --profile that
  /// cannot be written.
  Run(std::string program, options::Table table, const tasks::TrainingOptions& o, const About& about);
  ~Run();
  /// Makes the folder (begin_run) and returns the options of fit(), with callbacks and stop.
  training::FitOptions begin(const tasks::RunFiles& files, int64_t batches);
  /// Puts sections (markup) with so many figures into report.html, above the curves.
  void show(const std::string& sections, const report::Figures& figures = {}) { report_.show(sections, figures.drawn); }

 private:
  class Listener;
  std::string program_;
  options::Table table_;
  const tasks::TrainingOptions& options_;
  StepWatch watch_;
  training::LiveReport report_;
  std::unique_ptr<Listener> listener_;
  training::StopOnSignal guard_;
};

/// Tells whether nothing is left to do: the run was stopped, or the leader of several ranks does the rest.
bool ends_here(const training::FitResult& result);
/// Returns the word of a row as the field writes it: gru is GRU, lstm LSTM, rnn RNN.
std::string name_of(const options::Option& row);
/// Says that a run was stopped, if it was, and how it goes on; returns the exit code, 3 of a stopped one.
int stopped(const training::FitResult& result);

}  // namespace grus::programs
