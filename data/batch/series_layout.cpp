#include "data/batch/series_layout.h"

#include <fmt/format.h>

#include <cmath>

#include "core/base/atomic_file.h"
#include "core/base/error.h"
#include "core/base/json.h"
#include "core/base/printable.h"
#include "data/read/text.h"

namespace grus::data {
namespace {

std::string list_of(const std::vector<std::string>& names) {
  return printable(fmt::format("{}", fmt::join(names, ", ")));
}

std::vector<double> numbers(const json::Members& members, const char* key, size_t count, const std::string& file) {
  std::vector<double> all;
  for (const json::Json& one : members.array(key)) {
    require<DataError>(one.is_number(), "{}: need numbers in '{}', got {}", file, key, json::Shown{one});
    all.push_back(one.get<double>());
  }
  require<DataError>(all.size() == count, "{}: need {} numbers in '{}', one a column, got {}", file, count, key,
                     all.size());
  return all;
}

}  // namespace

SeriesLayout SeriesLayout::of(const Series& series, const TimeSplit& split, int64_t season, bool log, bool calendar) {
  SeriesLayout layout;
  layout.columns = series.columns;
  layout.scaler = SeriesScaler::of(series, split.train, log);
  layout.known = series.missing() > 0;
  layout.season = season > 0 ? season : series.dates ? series.dates->usual_season() : 1;
  if (!series.dates || !calendar || series.dates->inputs().empty()) return layout;
  layout.step = series.dates->step_text();
  layout.inputs = 2 * static_cast<int64_t>(series.dates->inputs().size());
  return layout;
}

ModelSeries SeriesLayout::apply(const Series& series, int64_t ahead) const {
  require<DataError>(series.columns == columns, "{}: need the columns {}, got {}", series.file, list_of(columns),
                     list_of(series.columns));
  const std::string got = series.dates ? series.dates->step_text() : "";
  require<DataError>(inputs == 0 || got == step, "{}: need a date every {} as in training, got {}", series.file, step,
                     got.empty() ? "none" : "one every " + got);
  ModelSeries scaled = model_series(series, scaler, ahead);
  if (inputs == 0) scaled.calendar = Tensor();
  if (!known) scaled.known = Tensor();
  if (known && !scaled.known.defined()) scaled.known = Tensor::ones(scaled.values.shape(), DType::f32, Device("cpu"));
  return scaled;
}

void SeriesLayout::write(const std::filesystem::path& path) const {
  const json::Json all = {
      {"columns", columns}, {"step", step},      {"season", season},    {"inputs", inputs},
      {"known", known},     {"log", scaler.log}, {"mean", scaler.mean}, {"deviation", scaler.deviation}};
  write_file_atomically(path, all.dump(2) + "\n");
}

SeriesLayout SeriesLayout::read(const std::filesystem::path& path) {
  const std::string file = path.string();
  const json::Json all = json::parse(read_whole_file(file), file);
  const json::Members members(all, file);
  members.require_only({"columns", "step", "season", "inputs", "known", "log", "mean", "deviation"});
  SeriesLayout layout;
  for (const json::Json& name : members.array("columns")) {
    require<DataError>(name.is_string(), "{}: need names in 'columns', got {}", file, json::Shown{name});
    layout.columns.push_back(name.get<std::string>());
  }
  require<DataError>(!layout.columns.empty(), "{}: need 'columns' with a name, got none", file);
  layout.step = members.text("step");
  layout.season = members.whole("season", 1, 1'000'000'000);
  layout.inputs = members.whole("inputs", 0, 64);
  layout.known = members.flag("known");
  layout.scaler = {.log = members.flag("log"),
                   .mean = numbers(members, "mean", layout.columns.size(), file),
                   .deviation = numbers(members, "deviation", layout.columns.size(), file)};
  for (const double deviation : layout.scaler.deviation)
    require<DataError>(deviation > 0, "{}: need deviations above 0, got {}", file, deviation);
  return layout;
}

Series read_series(const std::string& path, SeriesOptions options, const SeriesLayout& layout) {
  options.columns = layout.columns;
  try {
    return read_series(path, options);
  } catch (const UsageError&) {
    options.columns.clear();
    fail<DataError>("{}: need the columns that the model was trained on, {}, got {}", path, list_of(layout.columns),
                    list_of(read_series(path, options).columns));
  }
}

void require_known(const Series& series, int64_t begin, int64_t end, int64_t ahead) {
  for (size_t c = 0; c < series.columns.size(); ++c)
    for (int64_t h = 0; h < ahead; ++h) {
      bool known = false;
      for (int64_t row = begin + h; row <= end - ahead + h && !known; ++row) known = !std::isnan(series.at(row, c));
      require<DataError>(known, "{}: need a known value of '{}' {} rows ahead in rows {} to {}, got none", series.file,
                         Shown{series.columns[c]}, h + 1, begin + 1, end);
    }
}

}  // namespace grus::data
