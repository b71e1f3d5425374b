#pragma once
// The state of a run says where it stands, and holds all that it needs to go on as if it had never stopped.
#include <filesystem>
#include <string>
#include <vector>

#include "metrics/metric.h"
#include "nn/module.h"
#include "optim/average.h"
#include "optim/optimizer.h"
#include "optim/schedule.h"
#include "training/progress.h"
#include "training/shard_metrics.h"

namespace grus::training {

/// The parts of a run that its steps change; `average` and `plateau` may be null.
struct RunParts {
  nn::ModuleBase& module;
  optim::Optimizer& optimizer;
  optim::ExponentialMovingAverage* average;
  optim::Plateau* plateau;
  const std::vector<metrics::Metric*>& metrics;
  ShardMetrics* shard_metrics;  // in place of the metrics where they are used; may be null
  const std::vector<Callback*>& callbacks;
};

/// Returns the first of all tensors that training changes with a NaN or an infinity in it, as "weights/NAME", or "".
std::string first_not_finite(const RunParts& parts);
/// Returns the states of metrics and callbacks, which ranks have of their own shards.
nn::NamedTensors listeners_state(const RunParts& parts);
/// Writes the parts, of whose optimizer and listeners these are the states, the state of default_rng() and the
/// progress to one file.
void save_state(const std::filesystem::path& file, const RunParts& parts, const nn::NamedTensors& optimizer,
                const nn::NamedTensors& listeners, const Progress& progress, const Identity& identity);
/// Reads what save_state wrote. Throws DataError that names the file, UsageError for another identity; the parts may
/// have changed then.
Progress load_state(const std::filesystem::path& file, const RunParts& parts, const Identity& identity);

}  // namespace grus::training
