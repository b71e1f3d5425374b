#pragma once
// Training metrics of steps that are cut into shards: each shard has its own examples, which become one metric's, in
// the order of the shards, when somebody reads it.
#include <vector>

#include "metrics/metric.h"
#include "training/ranks.h"

namespace grus::training {

class ShardMetrics {
 public:
  explicit ShardMetrics(const std::vector<metrics::Metric*>& metrics) : metrics_(metrics) {}
  /// Says that steps are cut into shards, and that the examples of others than a rank's own are another's to keep.
  void use() { used_ = true; }
  void keep_own(const parallel::Shards& shards);
  bool used() const { return used_; }
  /// Gives the metrics a shard's examples, and keeps them again when its losses are computed.
  void begin(int64_t shard);
  void end(int64_t shard);
  /// Gives the leader's metrics the examples of all shards.
  void gather(const Ranks& ranks);
  void forget() { kept_.clear(); }
  /// What is kept, and the same again behind a step that was skipped.
  using Kept = std::vector<std::vector<Tensor>>;
  const Kept& kept() const { return kept_; }
  void restore(Kept before) { kept_ = std::move(before); }

  /// Names are "NAME/3/numbers", of the metric and the shard.
  nn::NamedTensors state() const;
  void load_state(const nn::NamedTensors& saved);

 private:
  Tensor& kept(size_t metric, int64_t shard);
  const std::vector<metrics::Metric*>& metrics_;
  Kept kept_;  // of each metric its state behind each shard; undefined: none yet
  bool used_ = false;
};

}  // namespace grus::training
