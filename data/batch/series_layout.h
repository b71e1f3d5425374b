#pragma once
// What a model must know of the table that it was trained on, and of every other that it is given.
#include <filesystem>
#include <string>
#include <vector>

#include "data/batch/series.h"

namespace grus::data {

struct SeriesLayout {
  std::vector<std::string> columns;
  std::string step;                // of the dates that the model is told, as DateAxis::step_text; "" without
  int64_t season = 1, inputs = 0;  // rows; calendar inputs of a row
  bool known = false;              // whether the model is told which values were measured
  SeriesScaler scaler;

  /// Takes it from a series and its training part; `season` 0 is the dates' usual one. Throws what SeriesScaler::of
  /// throws.
  static SeriesLayout of(const Series& series, const TimeSplit& split, int64_t season, bool log, bool calendar);
  /// Returns a series' numbers as the model sees them, with a calendar for `ahead` rows behind the last one. Throws
  /// DataError for a series of other columns, and for one whose dates come at another step.
  ModelSeries apply(const Series& series, int64_t ahead) const;

  /// Writes a file of JSON, and reads one. Throw Error for a file that cannot be written, DataError for a bad one.
  void write(const std::filesystem::path& path) const;
  static SeriesLayout read(const std::filesystem::path& path);
};

/// Reads a table by the columns of a layout. Throws DataError, naming both, for one that lacks some of them.
Series read_series(const std::string& path, SeriesOptions options, const SeriesLayout& layout);

/// Throws DataError, naming column and step, unless each column has a known value at each of `ahead` steps behind some
/// origin, for windows whose futures lie in rows [begin, end).
void require_known(const Series& series, int64_t begin, int64_t end, int64_t ahead);

}  // namespace grus::data
