#pragma once
// The report of a training run: curves of every figure, a table of its records, the model, options and machine, as one
// page. Plain data comes in; what is missing is left out.
// Sources: training_report.cpp (the page), training_report_charts.h, training_report_charts.cpp,
// training_report_file.cpp, training_report_redraw.cpp.
#include <filesystem>
#include <string>
#include <vector>

#include "report/page.h"
#include "training/callback.h"
#include "training/step_curve.h"

namespace grus::training {

enum class RunStatus { running, finished, stopped, failed };

struct TrainingReport {
  std::string title = "A training run", model = "";  // `model` is one phrase
  std::string command = "";
  report::Facts options = {};
  report::Facts machine = {};                         // and whatever else is worth a line
  std::vector<report::ParameterRow> parameters = {};  // of the model, in the order of its state

  RunStatus status = RunStatus::running;
  std::string error = "";    // of a run that failed
  std::string written = "";  // when the page was
  int64_t epoch = 0, step = 0;
  Length length = {};
  double seconds = 0, seconds_left = 0, steps_per_second = 0;  // 0: not known
  History history = {};
  std::vector<StepPoint> steps = {};
  std::string sections = "";  // markup of what the task has to show (report::section), above the curves
  int64_t figures = 0;        // drawn in these sections
};

/// Returns the page in one file without network, in light, dark and print. With `refresh_seconds` it loads itself again
/// while the run is on.
std::string render_training(const TrainingReport& report, int refresh_seconds = 0);

/// Writes what metrics.jsonl does not hold: everything but the history's figures, sealed by a checksum.
void write_report_data(const std::filesystem::path& file, const TrainingReport& report);
/// Reads what write_report_data wrote; the history stays empty. Throws DataError that names the file.
TrainingReport read_report_data(const std::filesystem::path& file);

/// Draws FOLDER/report.html anew from metrics.jsonl and, where LiveReport left it, report.json. A run that nobody holds
/// any more, and that did not end by itself, was stopped. Throws DataError for a folder without metrics.jsonl and for
/// damaged files.
void redraw_report(const std::filesystem::path& folder);

}  // namespace grus::training
