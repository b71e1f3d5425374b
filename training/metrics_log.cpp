#include "training/metrics_log.h"

#include <fmt/format.h>

#include <fstream>
#include <limits>

#include "core/base/atomic_file.h"
#include "core/base/checksum.h"
#include "training/progress_json.h"

namespace grus::training {
namespace {

std::string csv_cell(const std::string& text) {
  if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
  std::string quoted = "\"";
  for (const char c : text) quoted += c == '"' ? std::string("\"\"") : std::string(1, c);
  return quoted + "\"";
}

std::string csv_of(const History& history) {
  std::string text = "epoch,step,learning_rate";
  if (history.empty()) return text + "\n";
  const std::vector<Figure>& columns = history.front().figures;
  for (const Figure& column : columns) text += "," + csv_cell(column.name);
  text += "\n";
  for (const Record& record : history) {
    text += fmt::format("{},{},{}", record.epoch, record.step, record.learning_rate);
    for (const Figure& column : columns) {
      const Figure* figure = record.find(column.name);
      text += figure ? fmt::format(",{}", figure->value) : ",";
    }
    text += "\n";
  }
  return text;
}

void write_lines(const std::filesystem::path& file, const History& history) {
  std::string lines;
  for (const Record& record : history) lines += metrics_line(record);
  write_file_atomically(file, lines);
}

Record record_from_line(const std::string& line, const std::string& where) {
  const nlohmann::json json = json::parse(line, where);
  const json::Members of(json, where);
  require<DataError>(check_seal(line) == Seal::found, "{}: need the line that its checksum stands for, got another",
                     where);
  Record record;
  record.epoch = of.whole("epoch", 1, any_count);
  record.step = of.whole("step", 0, any_count);
  record.learning_rate = of.number("learning_rate");
  record.best = of.flag("best");
  const json::Members figures(of.at("figures"), where);
  for (const auto& [name, value] : of.at("figures").items())
    record.figures.push_back({name, number_from(value, name), false});
  for (const nlohmann::json& name : of.array("larger_is_better"))
    for (Figure& figure : record.figures)
      if (name == figure.name) figure.larger_is_better = true;
  return record;
}

}  // namespace

std::string metrics_line(const Record& record) {
  nlohmann::ordered_json figures = nlohmann::ordered_json::object(), larger = nlohmann::ordered_json::array();
  for (const Figure& figure : record.figures) {
    figures[figure.name] = number_to_json(figure.value);
    if (figure.larger_is_better) larger.push_back(figure.name);
  }
  const nlohmann::ordered_json json = {
      {"epoch", record.epoch}, {"step", record.step},        {"learning_rate", number_to_json(record.learning_rate)},
      {"figures", figures},    {"larger_is_better", larger}, {"best", record.best},
      {"checksum", empty_seal}};
  std::string line = json.dump();
  seal(line);
  return line + "\n";
}

History read_metrics_log(const std::filesystem::path& file) {
  std::ifstream in(file);
  require<DataError>(in.good(), "{}: cannot be read", file.string());
  History history;
  int64_t number = 0;
  for (std::string line; std::getline(in, line);)
    history.push_back(record_from_line(line, fmt::format("{}:{}", file.string(), ++number)));
  return history;
}

void MetricsLog::train_begin(const TrainBegin& event, Control&) {
  if (file_.empty()) {
    require<UsageError>(!event.folder.empty(), "[MetricsLog] need a file for a run without a folder, got none");
    file_ = event.folder / "metrics.jsonl";
  }
  write_lines(file_, event.history);
}

void MetricsLog::recorded(const Recorded& event, Control&) { write_lines(file_, event.history); }

void CsvLog::train_begin(const TrainBegin& event, Control&) { write_file_atomically(file_, csv_of(event.history)); }

void CsvLog::recorded(const Recorded& event, Control&) { write_file_atomically(file_, csv_of(event.history)); }

}  // namespace grus::training
