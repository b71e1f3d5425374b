// What a run's report holds beside the figures of metrics.jsonl, as a file.
#include <fmt/format.h>

#include <fstream>
#include <iterator>
#include <limits>

#include "core/base/atomic_file.h"
#include "core/base/checksum.h"
#include "training/progress_json.h"
#include "training/training_report.h"

namespace grus::training {
namespace {

namespace fs = std::filesystem;
using nlohmann::ordered_json;

constexpr const char* statuses[] = {"running", "finished", "stopped", "failed"};

ordered_json pairs(const report::Facts& facts) {
  ordered_json all = ordered_json::array();
  for (const auto& [name, value] : facts) all.push_back({name, value});
  return all;
}

report::Facts pairs_from(const nlohmann::json& array, const std::string& where) {
  report::Facts facts;
  for (const nlohmann::json& pair : array) {
    require<DataError>(pair.is_array() && pair.size() == 2 && pair[0].is_string() && pair[1].is_string(),
                       "{}: need pairs of a name and a value, got {}", where, json::Shown{pair});
    facts.emplace_back(pair[0].get<std::string>(), pair[1].get<std::string>());
  }
  return facts;
}

ordered_json to_json(const TrainingReport& report) {
  ordered_json parameters = ordered_json::array(), steps = ordered_json::array(), seconds = ordered_json::array();
  for (const report::ParameterRow& row : report.parameters) parameters.push_back({row.name, row.shape, row.count});
  for (const StepPoint& p : report.steps)
    steps.push_back({p.step, number_to_json(p.loss), number_to_json(p.grad_norm), number_to_json(p.learning_rate)});
  for (const Record& record : report.history) seconds.push_back({record.step, record.seconds});
  return {{"title", report.title},
          {"model", report.model},
          {"command", report.command},
          {"options", pairs(report.options)},
          {"machine", pairs(report.machine)},
          {"parameters", parameters},
          {"status", statuses[static_cast<size_t>(report.status)]},
          {"error", report.error},
          {"written", report.written},
          {"epoch", report.epoch},
          {"step", report.step},
          {"epochs", report.length.epochs},
          {"all_steps", report.length.steps},
          {"seconds", report.seconds},
          {"seconds_left", report.seconds_left},
          {"steps_per_second", report.steps_per_second},
          {"steps", steps},
          {"seconds_of_records", seconds},
          {"sections", report.sections},
          {"figures", report.figures},
          {"checksum", empty_seal}};
}

bool is_count(const nlohmann::json& json) {
  return json.is_number_unsigned() && json.get<uint64_t>() < uint64_t{1} << 53;
}

std::vector<StepPoint> steps_from(const nlohmann::json& array, const std::string& where) {
  std::vector<StepPoint> steps;
  for (const nlohmann::json& p : array) {
    require<DataError>(p.is_array() && p.size() == 4 && is_count(p[0]),
                       "{}: need steps as a count and three figures, got {}", where, json::Shown{p});
    steps.push_back({p[0].get<int64_t>(), number_from(p[1], "loss"), number_from(p[2], "grad_norm"),
                     number_from(p[3], "learning_rate")});
  }
  return steps;
}

std::vector<report::ParameterRow> parameters_from(const nlohmann::json& array, const std::string& where) {
  std::vector<report::ParameterRow> rows;
  for (const nlohmann::json& row : array) {
    require<DataError>(
        row.is_array() && row.size() == 3 && row[0].is_string() && row[1].is_string() && is_count(row[2]),
        "{}: need parameters as name, shape and count, got {}", where, json::Shown{row});
    rows.push_back({row[0].get<std::string>(), row[1].get<std::string>(), row[2].get<int64_t>()});
  }
  return rows;
}

// Times are kept by their record's step, because metrics.jsonl has no times.
History records_from(const nlohmann::json& array, const std::string& where) {
  History history;
  for (const nlohmann::json& pair : array) {
    require<DataError>(pair.is_array() && pair.size() == 2 && is_count(pair[0]) && pair[1].is_number(),
                       "{}: need a step and its seconds, got {}", where, json::Shown{pair});
    history.push_back({.step = pair[0].get<int64_t>(), .figures = {}, .seconds = pair[1].get<double>()});
  }
  return history;
}

RunStatus status_from(const std::string& text, const std::string& where) {
  for (size_t i = 0; i < std::size(statuses); ++i)
    if (text == statuses[i]) return static_cast<RunStatus>(i);
  fail<DataError>("{}: need a status 'running', 'finished', 'stopped' or 'failed', got {}", where, json::Shown{text});
}

double amount(const json::Members& of, const char* key, const std::string& where) {
  const double value = of.number(key);
  require<DataError>(value >= 0 && value < 1e15, "{}: need '{}' of at least 0 and below 1e15, got {}", where, key,
                     value);
  return value;
}

TrainingReport report_from(const nlohmann::json& json, const std::string& where) {
  const json::Members of(json, where);
  TrainingReport report;
  report.title = of.text("title");
  report.model = of.text("model");
  report.command = of.text("command");
  report.options = pairs_from(of.array("options"), where);
  report.machine = pairs_from(of.array("machine"), where);
  report.parameters = parameters_from(of.array("parameters"), where);
  report.status = status_from(of.text("status"), where);
  report.error = of.text("error");
  report.written = of.text("written");
  report.epoch = of.whole("epoch", 0, any_count);
  report.step = of.whole("step", 0, any_count);
  report.length = {of.whole("epochs", 0, any_count), of.whole("all_steps", 0, any_count)};
  report.seconds = amount(of, "seconds", where);
  report.seconds_left = amount(of, "seconds_left", where);
  report.steps_per_second = amount(of, "steps_per_second", where);
  report.steps = steps_from(of.array("steps"), where);
  report.history = records_from(of.array("seconds_of_records"), where);
  if (of.has("sections")) {  // earlier versions wrote none
    report.sections = of.text("sections");
    report.figures = of.whole("figures", 0, 1000000);
  }
  return report;
}

}  // namespace

void write_report_data(const fs::path& file, const TrainingReport& report) {
  std::string text = to_json(report).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  seal(text);
  write_file_atomically(file, text + "\n");
}

TrainingReport read_report_data(const fs::path& file) {
  const std::string where = file.string();
  std::ifstream in(file, std::ios::binary);
  require<DataError>(in.good(), "{}: cannot be read", where);
  std::string text{std::istreambuf_iterator<char>(in), {}};
  if (text.ends_with('\n')) text.pop_back();
  const nlohmann::json json = json::parse(text, where);
  const Seal seal = check_seal(text);
  require<DataError>(seal == Seal::found || (seal == Seal::none && json.is_object() && !json.contains("checksum")),
                     "{}: need the text that its checksum stands for, got another", where);
  try {
    return report_from(json, where);
  } catch (const DataError& error) {
    const std::string message = error.what();
    fail<DataError>("{}{}", message.starts_with(where) ? "" : where + ": ", message);
  }
}

}  // namespace grus::training
