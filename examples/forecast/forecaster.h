#pragma once
// The program's options, and a forecaster: the model, the baselines beside it, and the interval around it.
// Sources: options.cpp, forecaster.cpp, backtest.cpp.
#include <array>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "data/batch/series.h"
#include "examples/support/run_options.h"
#include "metrics/baselines.h"
#include "metrics/forecast_errors.h"
#include "nn/segment_gru.h"

namespace grus::forecast {

enum class Norm { last, mean, revin };
enum class LossKind { mse, mae, huber };

struct TrainOptions {
  std::string data, date, columns, missing, split = "0.7,0.1,0.2";
  bool no_header = false, no_calendar = false, log = false, linear = false;
  int64_t season = 0, window = 96, horizon = 24, segment = 0, hidden = 64, every = 1;
  nn::SegmentGruOptions::Decoder decoder = nn::SegmentGruOptions::Decoder::direct;
  Norm norm = Norm::last;
  LossKind loss = LossKind::mse;
  double dropout = 0.2, level = 0.9;
  programs::TrainingOptions training;

  TrainOptions();
  options::Table table();
};

/// What a model must know of its table.
struct Layout {
  std::vector<std::string> columns;
  std::string step;                // of the dates; "" without calendar
  int64_t season = 1, inputs = 0;  // inputs of the calendar for each row
  bool known = false;              // whether the model is told which values were measured
  data::SeriesScaler scaler;
};

/// A table, its parts, and its numbers as the model sees them.
struct Prepared {
  data::Series series;
  data::TimeSplit split;
  data::ModelSeries scaled;
};
using Windows = data::Dataset<data::SeriesWindow>;

/// Read a table as the options say, with these columns (none: all); the parts of one.
data::Series read_table(const TrainOptions& o, const std::string& path, const std::vector<std::string>& columns);
data::TimeSplit split_rows(const TrainOptions& o, const data::Series& series);
/// Reads the training's table, and makes its layout. Throws DataError for one too short for a window in each part.
Prepared read_training(const TrainOptions& o, Layout& layout);

/// The model comes first; the others are the baselines.
enum Method : size_t { model, linear, seasonal, naive, method_count };
inline constexpr std::array<const char*, method_count> method_names = {"model", "linear", "seasonal naive", "naive"};

struct Forecaster {
  /// Makes a model, whose baselines `line` and intervals come later.
  Forecaster(TrainOptions o, Layout layout);

  Tensor forward(const data::SeriesWindow& batch) const;
  Tensor forecast(Method method, const data::SeriesWindow& batch) const;
  /// Returns the windows whose futures are in these rows.
  Windows windows(const Prepared& p, int64_t begin, int64_t end, int64_t every = 1) const;
  /// Fits the baseline `line`, by the ridge that is best on the validation part; with --linear the model begins there.
  void fit_line(const Prepared& p);
  /// Takes the interval from the errors on the validation part.
  void calibrate(const Prepared& p);
  /// Reads a table for this model: the training's where `path` is empty. Throws DataError for one without its columns,
  /// with dates at another step, or shorter than a window. Its rows are in no part of a split.
  Prepared read(const std::string& path) const;

  TrainOptions options;
  Layout layout;
  nn::SegmentGru net;
  metrics::LinearForecast line;
  Tensor offsets;  // (2, H, C): what is added to a forecast for its interval
};
/// Writes what stands beside the weights, and returns the names of the files.
std::vector<std::string> write_layout(const Forecaster& f, const std::filesystem::path& folder);
void write_intervals(const Forecaster& f, const std::filesystem::path& folder);
Forecaster load(const programs::UseOptions& use);

/// Errors on the windows of a rolling origin, and the share of the truths inside the model's intervals.
struct Backtest {
  std::array<metrics::ForecastErrors, method_count> scaled, plain;  // in deviations of training; in the table's units
  double inside = 0;
  int64_t windows = 0;
};
Backtest backtest(const Forecaster& f, const Windows& windows);
/// Returns a table of all methods; and a sentence that says whether the model wins.
std::string table_of(const Backtest& result, const Forecaster& f);
std::string verdict_of(const Backtest& result, const Forecaster& f);

}  // namespace grus::forecast
