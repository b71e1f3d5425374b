#pragma once
// An autoencoder of a table's windows, and how unusual each row is by what it fails to give back:
//   score_t = the lower quartile, among the windows w over row t, of D(x_t - x'_t(w))
// x'(w) is what window w gives back, D the distance from the errors of normal rows (metrics/error_distance.h).
//   const tasks::encode::Detector machine = tasks::encode::load_detector({.model = "models/machine"});
//   machine.score(tasks::encode::read_table(machine, "new.csv", false)).scores
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "data/batch/series_layout.h"
#include "metrics/error_distance.h"
#include "nn/window_autoencoder.h"
#include "tasks/encode/options.h"

namespace grus::tasks::encode {

/// A table as the model reads it.
struct Readings {
  data::Series series;         // without the labels
  std::vector<double> labels;  // 1 where a fault is known, NaN where nothing is; empty without a column of labels
  data::ModelSeries scaled = {};
  data::TimeSplit split = {};
  int64_t rows() const { return series.rows(); }
};
/// What a model makes of a table.
struct Scored {
  std::vector<double> rebuilt;  // (T, C) in the table's units
  std::vector<double> scores;   // (T), NaN for a row without a number
};

struct Detector {
  Detector(TrainOptions o, data::SeriesLayout layout);

  Tensor windows(const Readings& r, int64_t begin, int64_t count) const;
  /// Returns the states (T - L + 1, Z) of all windows.
  Tensor states(const Readings& r, int64_t batch = 256) const;
  Scored score(const Readings& r, int64_t batch = 256) const;
  /// Takes what is normal, and the score above which there is an alarm, from the validation part; known faults in it
  /// count for nothing.
  void calibrate(const Readings& r);

  TrainOptions options;
  data::SeriesLayout layout;
  nn::WindowAutoencoder net;
  metrics::ErrorDistance distance;
  double alarm = 0;

 private:
  /// Is told a row and what each window over it gives back there (C), the earliest window first.
  using Visit = std::function<void(int64_t row, const std::vector<const float*>& windows)>;
  void each_row(const Readings& r, int64_t batch, const Visit& visit) const;
};

/// Returns mean (y - x)^2 of measured numbers + beta mean KL / (L C).
Tensor loss_of(const nn::WindowAutoencoder& net, const data::SeriesWindow& batch, double beta);

/// The rows of a part of the training's split, or all.
enum class Part { test, valid, all };

/// Reads the table of a training and makes its layout. Throws DataError for one too short for a window in each part,
/// for labels other than 0 and 1.
Readings read_training(const TrainOptions& o, data::SeriesLayout& layout);
/// Reads a table for a model: the training's where `path` is empty. Throws DataError for one that does not fit.
Readings read_table(const Detector& detector, const std::string& path, bool labels);
/// Returns the rows of a part.
std::pair<int64_t, int64_t> rows_of(const Readings& r, Part part);

/// Writes what calibrate() found beside the weights; and loads all.
void write_ended(const Detector& detector, const std::filesystem::path& folder);
Detector load_detector(const tasks::UseOptions& use);

/// How well scores tell known faults, in rows [begin, end).
struct Found {
  double auc = 0;                                         // NaN unless there are rows of both kinds
  int64_t faults = 0, alarms = 0, right = 0, normal = 0;  // rows: right ones are alarms at faults
  std::vector<std::pair<int64_t, int64_t>> spans = {};    // rows of known faults, first and one behind the last
  std::vector<double> scores = {};                        // of the rows that have a score and a label
  std::vector<int64_t> labels = {};                       // of the same rows: 1 at a fault
};
Found found_in(const Detector& detector, const Readings& r, const Scored& scored, int64_t begin, int64_t end);
/// Returns what was found, as lines.
std::string text_of(const Found& found);

}  // namespace grus::tasks::encode
