#include "core/base/error.h"
#include "core/base/file_bytes.h"
#include "data/read/dates.h"
#include "deploy/runners.h"

namespace grus::deploy {
namespace {

// Errors call a table so, which nobody keeps in a file.
constexpr const char* table_name = "standard input";

data::DateAxis axis_of(const std::vector<std::string>& dates) {
  std::vector<int64_t> lines(dates.size());
  for (size_t i = 0; i < lines.size(); ++i) lines[i] = static_cast<int64_t>(i) + 1;
  data::Column column;
  column.name = "dates";
  column.type = data::ColumnType::text;
  column.texts = dates;
  column.missing.assign(dates.size(), false);
  column.first_text = 0;
  return data::read_dates(data::Table("dates", std::move(lines), {std::move(column)}, false), "dates");
}

}  // namespace

Forecasting::Forecasting(const std::string& model, const options::Given& flags) {
  use_.model = model;
  set_flags(*this, flags);
  model_.emplace(forecast::load(use_));
}

options::Table Forecasting::flags() { return without(programs::use_rows(use_), {"model", "batch", "device"}); }

std::vector<std::string> Forecasting::run(const std::vector<std::string>& lines, int64_t) {
  std::string table;
  for (const std::string& line : lines) table += line + "\n";
  const MemoryFile input(table_name, table);
  std::string said = forecast::said(*model_, forecast::read_table(*model_, table_name));
  said.pop_back();
  return {std::move(said)};
}

forecast::NextRows Forecasting::next(std::span<const double> values, const std::vector<std::string>& dates) {
  const forecast::Forecaster& f = *model_;
  const size_t columns = f.layout.columns.size(), rows = values.size() / columns;
  require<UsageError>(rows >= static_cast<size_t>(f.options.window) && values.size() == rows * columns,
                      "[forecast] need at least {} rows of {} columns, got {} numbers", f.options.window, columns,
                      values.size());
  require<UsageError>(dates.empty() ? f.layout.inputs == 0 : dates.size() == rows,
                      "[forecast] need a date for each of the {} rows, as the model is told the calendar, got {}", rows,
                      dates.size());
  forecast::Prepared p;
  p.series.file = "numbers";
  p.series.columns = f.layout.columns;
  p.series.values.assign(values.begin(), values.end());
  if (!dates.empty()) p.series.dates = axis_of(dates);
  p.scaled = f.layout.apply(p.series, f.options.horizon);
  return forecast::next_rows(f, p);
}

}  // namespace grus::deploy
