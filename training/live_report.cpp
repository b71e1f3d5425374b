#include "training/live_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/base/atomic_file.h"
#include "core/base/error.h"
#include "core/base/folder.h"
#include "core/base/shape.h"
#include "core/base/threads.h"
#include "core/base/version.h"
#include "nn/module.h"
#include "report/machine.h"
#include "training/terminal_line.h"

namespace grus::training {
namespace {

report::Facts machine_facts() {
  return {{"CPU", report::cpu_name()},
          {"Device", report::device_text()},
          {"Threads", fmt::format("{}", num_threads())},
          {"Version", fmt::format("Grus {}", version)},
          {"Begun", report::time_text()}};
}

std::vector<report::ParameterRow> parameters_of(const nn::ModuleBase& model) {
  std::vector<report::ParameterRow> rows;
  for (const auto& [name, parameter] : model.named_parameters())
    rows.push_back({name, to_string(parameter.shape()), parameter.numel()});
  return rows;
}

// Returns the share of the run that is done, or 0 where nobody knows.
double share_done(const StepEnd& event) {
  if (event.length.steps > 0) return static_cast<double>(event.step) / static_cast<double>(event.length.steps);
  if (event.length.epochs <= 0 || event.batches <= 0) return 0;
  const double within = static_cast<double>(event.position) / static_cast<double>(event.batches);
  return (static_cast<double>(event.epoch - 1) + within) / static_cast<double>(event.length.epochs);
}

}  // namespace

LiveReport::LiveReport(LiveReportOptions options) : options_(std::move(options)) {
  require<UsageError>(options_.seconds >= 0, "[LiveReport] need at least 0 seconds between pages, got {}",
                      options_.seconds);
  require<UsageError>(options_.share > 0, "[LiveReport] need a share of the time above 0, got {}", options_.share);
}

void LiveReport::train_begin(const TrainBegin& event, Control&) {
  folder_ = options_.folder.empty() ? event.folder : options_.folder;
  require<UsageError>(!folder_.empty(), "[LiveReport] need a folder for a run without one, got none");
  make_folder(folder_);
  report_ = {.title = options_.title,
             .model = options_.model,
             .command = options_.command,
             .options = options_.options,
             .machine = machine_facts(),
             .parameters = parameters_of(event.model),
             .epoch = event.epoch,
             .step = event.step,
             .length = event.length,
             .history = event.history};
  curve_.cut_after(event.step);
  began_ = seconds_now();
  earlier_ = 0;
  for (const Record& record : event.history) earlier_ += record.seconds;
  first_step_ = event.step;
  share_ = first_share_ = -1;
  write();
}

void LiveReport::step_figures(const StepFigures& event, Control&) {
  curve_.add({event.step, event.loss, event.grad_norm, event.learning_rate});
}

void LiveReport::step_end(const StepEnd& event, Control&) {
  report_.epoch = event.epoch;
  report_.step = event.step;
  share_ = share_done(event);
  if (first_share_ < 0) first_share_ = share_;
  if (seconds_now() - written_at_ >= std::max(options_.seconds, pause_)) write();
}

void LiveReport::recorded(const Recorded& event, Control&) {
  report_.history = event.history;
  if (seconds_now() - written_at_ >= pause_) write();
}

void LiveReport::train_end(const TrainEnd& event, Control&) {
  report_.history = event.history;
  report_.epoch = event.history.empty() ? event.epoch : std::max(event.history.back().epoch, event.epoch);
  if (event.finished && !event.history.empty()) report_.epoch = event.history.back().epoch;
  report_.step = event.step;
  report_.error = event.error;
  report_.status = !event.error.empty() ? RunStatus::failed : event.finished ? RunStatus::finished : RunStatus::stopped;
  write();
}

void LiveReport::show(std::string sections, int64_t figures) {
  report_.sections = std::move(sections);
  report_.figures = figures;
  if (!folder_.empty()) write();
}

void LiveReport::count_time() {
  const double now = seconds_now(), here = now - began_;
  report_.seconds = earlier_ + here;
  const auto steps = static_cast<double>(report_.step - first_step_);
  report_.steps_per_second = steps > 0 && here > 0 ? steps / here : 0;
  const double done = share_ - first_share_;
  report_.seconds_left = done > 0 && share_ < 1 ? here * (1 - share_) / done : 0;
}

void LiveReport::write() {
  const double before = seconds_now();
  count_time();
  report_.steps = curve_.points();
  report_.written = report::time_text();
  const int refresh = static_cast<int>(std::clamp(std::ceil(options_.seconds), 2.0, 3600.0));
  write_report_data(folder_ / "report.json", report_);
  write_file_atomically(folder_ / "report.html", render_training(report_, refresh));
  written_at_ = seconds_now();
  pause_ = (written_at_ - before) / options_.share;
}

}  // namespace grus::training
