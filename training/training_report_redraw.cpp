// A run's report is drawn again from the files that it left.
#include <algorithm>

#include "core/base/atomic_file.h"
#include "core/base/error.h"
#include "core/base/folder_lock.h"
#include "training/metrics_log.h"
#include "training/training_report.h"

namespace grus::training {
namespace {

namespace fs = std::filesystem;

bool is_held(const fs::path& folder) {
  try {
    const FolderLock lock(folder);
    return false;
  } catch (const Error&) {
    return true;
  }
}

// Figures come from the log, times from what the live report left.
void join(TrainingReport& report, History log) {
  for (Record& record : log)
    for (const Record& timed : report.history)
      if (timed.step == record.step) record.seconds = timed.seconds;
  report.history = std::move(log);
  if (report.history.empty()) return;
  report.epoch = std::max(report.epoch, report.history.back().epoch);
  report.step = std::max(report.step, report.history.back().step);
}

}  // namespace

void redraw_report(const fs::path& folder) {
  const History log = read_metrics_log(folder / "metrics.jsonl");
  TrainingReport report;
  const fs::path data = folder / "report.json";
  const bool known = fs::exists(data);
  if (known) report = read_report_data(data);
  join(report, log);
  if (report.status == RunStatus::running && !is_held(folder)) report.status = RunStatus::stopped;
  write_file_atomically(folder / "report.html", render_training(report));
}

}  // namespace grus::training
