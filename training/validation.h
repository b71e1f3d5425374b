#pragma once
// A validation goes through batches and reads metrics.
#include <utility>

#include "training/fit_options.h"

namespace grus::training {

/// Returns the metrics as figures "valid_NAME", and resets them. Throws UsageError for a metric that had no examples.
std::vector<Figure> read_metrics(const std::vector<metrics::Metric*>& metrics);
void reset_metrics(const std::vector<metrics::Metric*>& metrics);
/// Throws UsageError unless there are metrics, each with a name of its own.
std::vector<std::string> names_of_metrics(const std::vector<metrics::Metric*>& metrics);

/// Makes a validation that goes through epoch 0 of `batches` (as those of fit) and calls update(model, batch), which
/// updates the metrics. All must outlive it. The first metric is the one that is watched unless the options name
/// another.
template <class Model, class Batches, class Update>
Validation validation(const Model& model, Batches& batches, std::vector<metrics::Metric*> metrics, Update update) {
  std::vector<std::string> names = names_of_metrics(metrics);
  auto measure = [&model, &batches, metrics = std::move(metrics), update = std::move(update)] {
    reset_metrics(metrics);
    batches.start(0, 0);
    while (const auto batch = batches.next()) update(model, *batch);
    return read_metrics(metrics);
  };
  return {std::move(measure), std::move(names)};
}

}  // namespace grus::training
