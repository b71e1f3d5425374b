#pragma once
// Series of many columns for forecasts: read, split by time, scaled by their training part, cut into windows.
// Sources: series.cpp, windows.cpp.
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "data/batch/dataset.h"
#include "data/read/dates.h"

namespace grus::data {

/// T rows of C columns of numbers at equal steps of time.
struct Series {
  std::string file;  // for messages
  std::vector<std::string> columns;
  std::vector<double> values;     // (T, C), NaN where missing
  std::optional<DateAxis> dates;  // where the table has them

  int64_t rows() const { return static_cast<int64_t>(values.size() / columns.size()); }
  int64_t missing() const;
  double at(int64_t row, size_t column) const { return values[static_cast<size_t>(row) * columns.size() + column]; }
  /// Returns the place of a column. Throws UsageError, naming the columns, for one that is not there.
  size_t column(const std::string& name) const;
};

struct SeriesOptions {
  std::string date = "";                  // the column of dates; "": the first one where it holds no numbers
  std::vector<std::string> columns = {};  // which columns; empty: all but the dates
  bool header = true;
  std::vector<std::string> missing = {};  // cells that are missing besides those of TableOptions
};

/// Reads a table. Throws what read_table, read_dates and Table::numbers throw; DataError for a table without a column
/// of numbers.
Series read_series(const std::string& path, const SeriesOptions& options = {});

/// Takes a column out of the series and returns its values: labels, say, which are no input. Throws UsageError for a
/// column that is not there, and for the only one.
std::vector<double> take_column(Series& series, const std::string& name);

/// Rows of training, validation and test, one behind another from row 0 on; rows behind them are in none.
struct TimeSplit {
  int64_t train = 0, valid = 0, test = 0;
  int64_t rows() const { return train + valid + test; }
};
/// Splits by three numbers: shares that add up to at most 1, or counts of rows. Throws UsageError for others, and
/// DataError for more rows than there are.
TimeSplit split_by_time(const std::string& file, int64_t rows, const std::array<double, 3>& parts);

/// x' = (log x - mean) / deviation of each column, or without the log.
struct SeriesScaler {
  bool log = false;
  std::vector<double> mean, deviation;

  /// Takes mean and deviation (over n, not n - 1) of the first rows. Throws DataError for a column that has no two
  /// different numbers there, and with `log` for a number that is not above 0, anywhere.
  static SeriesScaler of(const Series& series, int64_t first_rows, bool log = false);
  double scaled(double x, size_t column) const;
  double unscaled(double x, size_t column) const;
  /// Returns x (..., C) as the table has it, f32 on the host.
  Tensor unscaled(const Tensor& x) const;
};

/// What a model sees of a series: scaled, and with a number everywhere.
struct ModelSeries {
  Tensor values;    // (T, C) f32; a missing one repeats the last one before it, or is 0, the mean
  Tensor known;     // (T, C) f32, 0 where it was missing; undefined where nothing was
  Tensor calendar;  // (T + ahead, K) f32; undefined without dates
};
ModelSeries model_series(const Series& series, const SeriesScaler& scaler, int64_t ahead = 0);

/// L rows and the H behind them. Of a batch each has an axis B in front.
struct SeriesWindow {
  Tensor past, future;              // (L, C), (H, C)
  Tensor past_known, future_known;  // the same of 0 and 1; undefined where nothing is missing
  Tensor calendar;                  // (L + H, K); undefined without dates
};
SeriesWindow collate(const std::vector<SeriesWindow>& windows);

struct WindowOptions {
  int64_t past = 1, ahead = 1;  // L, which may be 0, and H
  int64_t every = 1;            // rows from one window to the next
};
/// Returns the windows whose futures lie in rows [begin, end), in order; their pasts may begin before. Windows share
/// the series' memory. Throws UsageError for options out of range; DataError where not one window fits.
Dataset<SeriesWindow> windows(const ModelSeries& series, int64_t begin, int64_t end, const WindowOptions& options);

}  // namespace grus::data
