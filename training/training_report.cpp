#include "training/training_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "report/markup.h"
#include "training/training_report_charts.h"

namespace grus::training {
namespace {

using report::append;
using report::escape;
using report::Tile;

constexpr size_t most_records = 60, most_tiles = 3;

const char* name_of(RunStatus status) {
  switch (status) {
    case RunStatus::running:
      return "running";
    case RunStatus::finished:
      return "finished";
    case RunStatus::stopped:
      return "stopped";
    default:
      return "failed";
  }
}

std::string progress_text(const TrainingReport& report) {
  std::string text =
      report.length.epochs > 0
          ? fmt::format("epoch {} of {}", std::min(report.epoch, report.length.epochs), report.length.epochs)
          : fmt::format("epoch {}", report.epoch);
  append(text, ", step {}", report::grouped(report.step));
  if (report.length.steps > 0) append(text, " of {}", report::grouped(report.length.steps));
  return text;
}

std::string time_text(double seconds) {
  return seconds < 9.95 ? fmt::format("{:.1f} s", seconds) : report::duration(seconds);
}

// Figures of the best record, else of the last one: those of the validation, where there are any.
void add_figures(const TrainingReport& report, std::vector<Tile>& tiles) {
  if (report.history.empty()) return;
  const Record* best = best_record(report.history);
  const Record& record = best ? *best : report.history.back();
  const auto is_valid = [](const Figure& figure) { return figure.name.starts_with("valid_"); };
  const bool validated = std::any_of(record.figures.begin(), record.figures.end(), is_valid);
  size_t shown = 0;
  for (const Figure& figure : record.figures) {
    if ((validated && !is_valid(figure)) || shown == most_tiles) continue;
    const std::string when =
        record.epoch > 0 ? fmt::format("epoch {}", record.epoch) : fmt::format("step {}", record.step);
    tiles.push_back({spoken(figure.name), fmt::format("{:.4g}", figure.value), best ? "best, " + when : when,
                     shown++ == 0 ? "first" : ""});
  }
}

std::string tiles_of(const TrainingReport& report) {
  std::vector<Tile> tiles;
  add_figures(report, tiles);
  tiles.push_back({"Training", name_of(report.status), progress_text(report)});
  if (report.seconds > 0)
    tiles.push_back({"Time", time_text(report.seconds),
                     report.seconds_left > 0 && report.status == RunStatus::running
                         ? "about " + report::duration(report.seconds_left) + " left"
                         : ""});
  if (report.steps_per_second > 0)
    tiles.push_back({"Speed",
                     report.steps_per_second < 100 ? fmt::format("{:.3g}", report.steps_per_second)
                                                   : report::rounded_count(report.steps_per_second),
                     "steps/s"});
  int64_t count = 0;
  for (const report::ParameterRow& row : report.parameters) count += row.count;
  const std::string rounded = report::rounded_count(static_cast<double>(count)), exact = report::grouped(count);
  if (count > 0) tiles.push_back({"Parameters", rounded, exact == rounded ? "" : exact});
  return report::tiles(tiles);
}

std::string note_of(const TrainingReport& report, int refresh_seconds) {
  std::string note;
  if (!report.error.empty()) append(note, "<mark>{}</mark> ", escape(report.error));
  if (!report.written.empty()) append(note, "Written {}.", escape(report.written));
  if (refresh_seconds > 0) append(note, " The page loads itself again every {} seconds.", refresh_seconds);
  return note.empty() ? "" : fmt::format("<p class=\"note\">{}</p>\n", note);
}

report::Row row_of(const Record& record, const std::vector<std::string>& names, bool best, bool timed) {
  report::Row row = {{fmt::format("{}{}", record.epoch, best ? "\u00a0<mark>best</mark>" : "")},
                     {report::grouped(record.step), "number"}};
  for (const std::string& name : names) {
    const Figure* figure = record.find(name);
    row.push_back({figure ? fmt::format("{:.4g}", figure->value) : "–", "number"});
  }
  row.push_back({fmt::format("{:.3g}", record.learning_rate), "number"});
  if (timed) row.push_back({time_text(record.seconds), "number"});
  return row;
}

std::string records_section(const TrainingReport& report) {
  const History& history = report.history;
  if (history.empty()) return "";
  const std::vector<std::string> names = figure_names(history);
  const bool timed = std::any_of(history.begin(), history.end(), [](const Record& r) { return r.seconds > 0; });
  report::Table table{.head = {{"Epoch"}, {"Step", "number"}}};
  for (const std::string& name : names) table.head.push_back({escape(spoken(name)), "number"});
  table.head.push_back({"Learning rate", "number"});
  if (timed) table.head.push_back({"Time", "number"});
  const Record* best = best_record(history);
  const size_t first = history.size() > most_records ? history.size() - most_records : 0;
  for (size_t i = first; i < history.size(); ++i)
    table.rows.push_back(row_of(history[i], names, &history[i] == best, timed));
  const std::string note =
      first == 0 ? ""
                 : fmt::format("<p class=\"note\">The last {} of {} records; <code>metrics.jsonl</code> has all.</p>\n",
                               most_records, report::grouped(static_cast<int64_t>(history.size())));
  return report::section("Records", note + report::table(table));
}

}  // namespace

std::string render_training(const TrainingReport& report, int refresh_seconds) {
  const int refresh = report.status == RunStatus::running ? refresh_seconds : 0;
  std::string body = report::page_header("Grus · training", escape(report.title), escape(report.model),
                                         tiles_of(report) + note_of(report, refresh));
  body += report.sections;
  report::Figures figures{.drawn = static_cast<int>(report.figures)};
  const std::string charts = training_charts(report, figures);
  body += report::section("Curves", charts.empty()
                                        ? "<p class=\"note\">No step was finished, so there are no curves yet.</p>\n"
                                        : report::in_pairs(charts));
  body += records_section(report);
  if (!report.parameters.empty()) body += report::section("The model", report::parameter_table(report.parameters));
  body += report::run_again_section(report.command, report.machine, report.options);
  return report::html_page(escape(report.title), body, {.refresh_seconds = refresh});
}

}  // namespace grus::training
