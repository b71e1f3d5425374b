#pragma once
// A forecaster in use: the model that `forecast train` left in a folder or pack, the baselines beside it, and the
// interval around it.
//   const tasks::forecast::Forecaster load = tasks::forecast::load({.model = "models/load"});
//   const tasks::forecast::NextRows next = tasks::forecast::next_rows(load, values, dates);   // numbers row by row, a
//   date each row
// Sources: options.cpp, forecaster.cpp, next.cpp.
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "data/batch/series_layout.h"
#include "metrics/baselines.h"
#include "metrics/forecast_comparison.h"
#include "nn/segment_gru.h"
#include "tasks/base/run_options.h"

namespace grus::tasks::forecast {

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
  tasks::TrainingOptions training;

  TrainOptions();
  options::Table table();
  data::SeriesOptions table_options() const;
  data::TimeSplit split_of(const data::Series& series) const;
};

/// A table, its parts, and its numbers as the model sees them.
struct Prepared {
  data::Series series;
  data::TimeSplit split;
  data::ModelSeries scaled;
};
using Windows = data::Dataset<data::SeriesWindow>;

/// The model comes first; the others are the baselines.
enum Method : size_t { model, linear, seasonal, naive };

struct Forecaster {
  /// Makes a model; its baseline `line` and its intervals come later.
  Forecaster(TrainOptions o, data::SeriesLayout layout);

  Tensor forward(const data::SeriesWindow& batch) const { return net(batch.past, batch.calendar, batch.past_known); }
  Tensor forecast(Method method, const data::SeriesWindow& batch) const;
  /// Returns the windows whose futures are in these rows.
  Windows windows(const Prepared& p, int64_t begin, int64_t end, int64_t every = 1) const;
  /// Returns the window at whose end nothing is known yet, as a batch of one; `now` is the first row behind it.
  data::SeriesWindow window_before(const Prepared& p, int64_t now) const;
  /// Fits the baseline `line`, by the ridge that is best on the validation part; with --linear the model begins there.
  void fit_line(const Prepared& p);
  /// Takes the interval from the errors on the validation part.
  void calibrate(const Prepared& p);
  metrics::ForecastComparison backtest(const Windows& windows, int64_t batch = 256) const;
  /// Says whether the model wins, and how many truths the intervals held.
  std::string verdict(const metrics::ForecastComparison& result) const;

  TrainOptions options;
  data::SeriesLayout layout;
  nn::SegmentGru net;
  metrics::LinearForecast line;
  Tensor offsets;  // (2, H, C): what is added to a forecast for its interval
};
/// Reads the table of a training, and makes its layout. Throws DataError for one too short for a window in each part.
Prepared read_training(const TrainOptions& o, data::SeriesLayout& layout);
/// Reads a table for a model: the training's where `path` is empty. Throws DataError for one that does not fit.
Prepared read_table(const Forecaster& f, const std::string& path);

/// The rows behind a table, (H, C) row by row: what is forecast, and its interval.
struct NextRows {
  std::vector<float> forecast, low, high;
};
NextRows next_rows(const Forecaster& f, const Prepared& p);
/// Returns those behind these (rows, C), row by row, NaN where missing. `dates` are those of the rows, which a model
/// that is told the calendar needs; else they are empty. Throws UsageError for too few rows, and for dates that are
/// missing or come at another step.
NextRows next_rows(const Forecaster& f, std::span<const double> values, const std::vector<std::string>& dates);
/// Returns them as the lines of `run`, the names of the columns first.
std::string said(const Forecaster& f, const Prepared& p);

/// Writes baselines and intervals beside the weights, when the training has ended; and loads all.
void write_ended(const Forecaster& f, const std::filesystem::path& folder);
Forecaster load(const tasks::UseOptions& use);

}  // namespace grus::tasks::forecast
