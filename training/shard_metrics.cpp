#include "training/shard_metrics.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/base/error.h"

namespace grus::training {
namespace {

constexpr const char* numbers = "numbers";  // the one tensor of a metric's state

std::string place_of(const metrics::Metric& metric, int64_t shard) {
  return fmt::format("{}/{}/{}", metric.name(), shard, numbers);
}

}  // namespace

void ShardMetrics::keep_own(const parallel::Shards& shards) {
  nn::NamedTensors own;
  for (int64_t shard = shards.begin; shard < shards.end; ++shard)
    for (const metrics::Metric* metric : metrics_)
      if (const Tensor* kept = nn::find(kept_, place_of(*metric, shard)))
        own.push_back({place_of(*metric, shard), *kept});
  kept_ = std::move(own);
}

void ShardMetrics::begin(int64_t shard) {
  for (metrics::Metric* metric : metrics_) {
    metric->reset();
    if (const Tensor* kept = nn::find(kept_, place_of(*metric, shard))) metric->load_state({{numbers, *kept}});
  }
}

void ShardMetrics::end(int64_t shard) {
  for (metrics::Metric* metric : metrics_) {
    const nn::NamedTensors state = metric->state();
    const Tensor* const now = nn::find(state, numbers);
    require<UsageError>(now != nullptr, "[{}] need a state of numbers, got none", metric->name());
    const std::string place = place_of(*metric, shard);
    const auto kept = std::ranges::find(kept_, place, &nn::NamedTensor::name);
    if (kept != kept_.end()) kept->tensor = *now;
    else kept_.push_back({place, *now});
    metric->reset();
  }
}

void ShardMetrics::gather(const Ranks& ranks) {
  if (metrics_.empty()) return;
  const nn::NamedTensors all = ranks.gather("metrics", kept_);
  for (metrics::Metric* metric : metrics_) {
    metric->reset();
    for (int64_t shard = 0; shard < ranks.shards().of; ++shard)
      if (const Tensor* kept = nn::find(all, place_of(*metric, shard))) metric->add_state({{numbers, *kept}});
  }
}

}  // namespace grus::training
