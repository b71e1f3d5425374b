#pragma once
// A training state says where a run is, and holds all that it needs to go on as if it had never stopped.
#include "optim/average.h"
#include "optim/optimizer.h"
#include "seq2seq/metrics.h"
#include "seq2seq/model_folder.h"

namespace grus::seq2seq {

/// Sums over the part of an epoch that is done.
struct EpochSums {
  double nll = 0, training_seconds = 0, seconds = 0;
  int64_t tokens = 0;
};

struct Progress {
  int64_t epoch = 1;     // the epoch that runs, from 1
  int64_t position = 0;  // the number of its batches that are done
  int64_t step = 0;
  EpochSums sums;
  std::vector<EpochMetrics> epochs;
  int64_t best_epoch = 0, epochs_without_better = 0;
  bool finished = false;
};

/// The parts of a run that training changes; `average` may be null.
struct TrainingParts {
  nn::ModuleBase& module;
  optim::Optimizer& optimizer;
  optim::ExponentialMovingAverage* average;
};

/// Returns the first of all saved tensors with a NaN or an infinity in it, as "weights/NAME", or "".
std::string first_not_finite(const TrainingParts& parts);
/// Writes weights, averages, moments, the state of default_rng() and the progress to one file.
void save_state(const std::filesystem::path& file, const TrainingParts& parts, const Progress& progress);
/// Reads what save_state wrote. Throws DataError that names the file.
Progress load_state(const std::filesystem::path& file, const TrainingParts& parts);

/// Returns one line of metrics.jsonl, with its checksum.
std::string metrics_line(const EpochMetrics& metrics);
/// Reads line `number` of the file `name`, the metrics of epoch `number`. Throws DataError that names both.
EpochMetrics parse_metrics_line(const std::string& line, const std::string& name, int64_t number);

}  // namespace grus::seq2seq
