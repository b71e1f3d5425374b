#include "data/batch/series.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/base/error.h"
#include "core/base/printable.h"
#include "data/read/number.h"

namespace grus::data {
namespace {

Table table_of(const std::string& path, const SeriesOptions& options) {
  TableOptions how{.header = options.header};
  how.missing.insert(how.missing.end(), options.missing.begin(), options.missing.end());
  Table table = read_table(path, how);
  const bool years = !options.date.empty() && table.has(options.date) && table.type(options.date) == ColumnType::number;
  if (!years) return table;
  how.types[options.date] = ColumnType::text;
  return read_table(path, how);
}

/// Returns the name of the column of dates, or "". A first column of text is one where its first cell looks like one;
/// else its cells are numbers of which one is broken, which reading them tells better.
std::string date_column(const Table& table, const std::string& given) {
  if (!given.empty()) {
    require<UsageError>(table.has(given), "[series] need a column of {}: {}, got '{}' for dates", table.file(),
                        printable(fmt::format("{}", fmt::join(table.names(), ", "))), Shown{given});
    return given;
  }
  const std::string first = table.names().front();
  if (table.type(first) != ColumnType::text || parse_number(table.texts(first).front())) return "";
  return first;
}

/// Sums over the known numbers of a column.
struct Moments {
  double sum = 0, squares = 0, least = INFINITY, largest = -INFINITY;
  int64_t count = 0;
  void add(double x) {
    sum += x, squares += x * x, ++count;
    least = std::min(least, x), largest = std::max(largest, x);
  }
};

}  // namespace

int64_t Series::missing() const {
  return std::count_if(values.begin(), values.end(), [](double x) { return std::isnan(x); });
}

size_t Series::column(const std::string& name) const {
  const auto found = std::find(columns.begin(), columns.end(), name);
  require<UsageError>(found != columns.end(), "[series] need a column of {}: {}, got '{}'", file,
                      printable(fmt::format("{}", fmt::join(columns, ", "))), Shown{name});
  return static_cast<size_t>(found - columns.begin());
}

std::vector<double> take_column(Series& series, const std::string& name) {
  const size_t taken = series.column(name), width = series.columns.size();
  require<UsageError>(width > 1, "[series] need another column of {} than '{}', got it alone", series.file,
                      Shown{name});
  std::vector<double> column, others;
  for (size_t i = 0; i < series.values.size(); ++i) (i % width == taken ? column : others).push_back(series.values[i]);
  series.columns.erase(series.columns.begin() + static_cast<int64_t>(taken));
  series.values = std::move(others);
  return column;
}

Series read_series(const std::string& path, const SeriesOptions& options) {
  const Table table = table_of(path, options);
  require<DataError>(table.rows() > 0, "{}: need rows of numbers, got a header alone", path);
  const std::string date = date_column(table, options.date);
  Series series{.file = path, .columns = options.columns, .values = {}, .dates = {}};
  if (!date.empty()) series.dates = read_dates(table, date);
  if (series.columns.empty())
    for (const std::string& name : table.names())
      if (name != date) series.columns.push_back(name);
  require<DataError>(!series.columns.empty(), "{}: need a column of numbers beside the dates", path);
  const size_t width = series.columns.size();
  series.values.resize(static_cast<size_t>(table.rows()) * width);
  for (size_t c = 0; c < width; ++c) {
    const std::vector<double>& numbers = table.numbers(series.columns[c]);
    for (size_t row = 0; row < numbers.size(); ++row) {
      require<DataError>(!std::isinf(numbers[row]), "{}: need a finite number in '{}', got {}",
                         table.where(row, series.columns[c]), Shown{series.columns[c]}, numbers[row]);
      series.values[row * width + c] = numbers[row];
    }
  }
  return series;
}

TimeSplit split_by_time(const std::string& file, int64_t rows, const std::array<double, 3>& parts) {
  const auto [train, valid, test] = parts;
  const double total = train + valid + test;
  require<UsageError>(train > 0 && valid > 0 && test >= 0 && std::isfinite(total),
                      "[split] need rows, or shares, above 0 of training and validation, got {}, {}, {}", train, valid,
                      test);
  const auto whole = [](double x) { return x == std::floor(x); };
  if (total <= 1 + 1e-9) {
    // Each end is rounded, so that the parts leave no row out.
    const auto end = [&](double share) {
      return static_cast<int64_t>(std::floor(share * static_cast<double>(rows) + 1e-6));
    };
    const int64_t a = end(train), b = end(train + valid), c = end(total);
    return {.train = a, .valid = b - a, .test = c - b};
  }
  require<UsageError>(whole(train) && whole(valid) && whole(test),
                      "[split] need shares that add up to at most 1, or whole numbers of rows, got {}, {}, {}", train,
                      valid, test);
  require<DataError>(total <= static_cast<double>(rows), "{}: need the {} rows of the split {}, {}, {}, got {}", file,
                     total, train, valid, test, rows);
  return {
      .train = static_cast<int64_t>(train), .valid = static_cast<int64_t>(valid), .test = static_cast<int64_t>(test)};
}

SeriesScaler SeriesScaler::of(const Series& series, int64_t first_rows, bool log) {
  SeriesScaler scaler{.log = log, .mean = {}, .deviation = {}};
  for (size_t c = 0; c < series.columns.size(); ++c) {
    Moments moments;
    for (int64_t row = 0; row < series.rows(); ++row) {
      const double x = series.at(row, c);
      require<DataError>(!log || !(x <= 0), "{}: need numbers above 0 in '{}' for a log, got {} in row {}", series.file,
                         Shown{series.columns[c]}, x, row + 1);
      if (row < first_rows && !std::isnan(x)) moments.add(log ? std::log(x) : x);
    }
    require<DataError>(moments.count > 0, "{}: need a number of '{}' in the {} rows of training, got none", series.file,
                       Shown{series.columns[c]}, first_rows);
    require<DataError>(moments.least < moments.largest,
                       "{}: need a column that changes, got '{}', which is {} in all {} rows of training", series.file,
                       Shown{series.columns[c]}, log ? std::exp(moments.least) : moments.least, first_rows);
    const auto n = static_cast<double>(moments.count);
    scaler.mean.push_back(moments.sum / n);
    double squares = 0;
    for (int64_t row = 0; row < first_rows; ++row) {
      const double x = series.at(row, c);
      if (!std::isnan(x)) squares += std::pow((log ? std::log(x) : x) - scaler.mean.back(), 2);
    }
    scaler.deviation.push_back(std::sqrt(squares / n));
  }
  return scaler;
}

double SeriesScaler::scaled(double x, size_t c) const { return ((log ? std::log(x) : x) - mean[c]) / deviation[c]; }

double SeriesScaler::unscaled(double x, size_t c) const {
  const double y = x * deviation[c] + mean[c];
  return log ? std::exp(y) : y;
}

Tensor SeriesScaler::unscaled(const Tensor& x) const {
  require(x.rank() > 0 && x.dim(-1) == static_cast<int64_t>(mean.size()), "[SeriesScaler] need x (..., {}), got {}",
          mean.size(), x.shape());
  std::vector<float> values = x.to_vector<float>();
  for (size_t i = 0; i < values.size(); ++i)
    values[i] = static_cast<float>(unscaled(static_cast<double>(values[i]), i % mean.size()));
  return Tensor::from(values, x.shape(), Device("cpu"));
}

}  // namespace grus::data
