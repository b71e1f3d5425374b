#pragma once
// A validation goes through batches and reads metrics.
#include <utility>

#include "training/fit_options.h"

namespace grus::training {

/// Ranks measure whole batches, and the leader puts the metrics' examples together in the order of the batches, so that
/// any number of ranks gives the same figures.
class MetricsByBatch {
 public:
  MetricsByBatch(const std::vector<metrics::Metric*>& metrics, parallel::Communicator& ranks);
  /// Tells whether a batch is this rank's; without metrics that have a state, all are the leader's.
  bool own(int64_t batch) const;
  /// Takes what the metrics have of a batch, and resets them.
  void keep(int64_t batch);
  /// Returns the figures of all batches on the leader, and nothing of use on others; resets the metrics.
  std::vector<Figure> figures();

 private:
  const std::vector<metrics::Metric*> metrics_;
  parallel::Communicator& ranks_;
  bool shared_ = true;
  nn::NamedTensors kept_;
};

/// Returns the metrics as figures "valid_NAME", and resets them. Throws UsageError for a metric that had no examples.
std::vector<Figure> read_metrics(const std::vector<metrics::Metric*>& metrics);
void reset_metrics(const std::vector<metrics::Metric*>& metrics);
/// Throws UsageError unless there are metrics, each with a name of its own.
std::vector<std::string> names_of_metrics(const std::vector<metrics::Metric*>& metrics);

/// Makes a validation that goes through epoch 0 of `batches` (as those of fit) and calls update(model, batch), which
/// updates the metrics. All must outlive it. The first metric is the one that is watched unless the options name
/// another. Batches that say `static constexpr bool independent = true`, as data::Batches does, are shared out among
/// ranks: update() then sees a rank's own.
template <class Model, class Batches, class Update>
Validation validation(const Model& model, Batches& batches, std::vector<metrics::Metric*> metrics, Update update) {
  std::vector<std::string> names = names_of_metrics(metrics);
  Validation all{{}, std::move(names), {}};
  if constexpr (requires { requires Batches::independent; })
    all.measure_on_ranks = [&model, &batches, metrics, update](parallel::Communicator& ranks) {
      MetricsByBatch parts(metrics, ranks);
      batches.start(0, 0);
      for (int64_t i = 0; const auto batch = batches.next(); ++i) {
        if (!parts.own(i)) continue;
        update(model, *batch);
        parts.keep(i);
      }
      return parts.figures();
    };
  all.measure = [&model, &batches, metrics = std::move(metrics), update = std::move(update)] {
    reset_metrics(metrics);
    batches.start(0, 0);
    while (const auto batch = batches.next()) update(model, *batch);
    return read_metrics(metrics);
  };
  return all;
}

}  // namespace grus::training
