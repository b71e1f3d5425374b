#include "training/shard_metrics.h"

#include <fmt/format.h>

#include <charconv>
#include <iterator>

#include "core/base/error.h"

namespace grus::training {
namespace {

constexpr const char* numbers = "numbers";  // the one tensor of a metric's state
constexpr int64_t most_shards = 1 << 20;    // that a saved name is believed to have

}  // namespace

Tensor& ShardMetrics::kept(size_t metric, int64_t shard) {
  kept_.resize(metrics_.size());
  std::vector<Tensor>& of = kept_[metric];
  if (std::ssize(of) <= shard) of.resize(static_cast<size_t>(shard) + 1);
  return of[static_cast<size_t>(shard)];
}

void ShardMetrics::keep_own(const parallel::Shards& shards) {
  for (std::vector<Tensor>& of_metric : kept_)
    for (size_t shard = 0; shard < of_metric.size(); ++shard)
      if (static_cast<int64_t>(shard) < shards.begin || static_cast<int64_t>(shard) >= shards.end)
        of_metric[shard] = Tensor();
}

void ShardMetrics::begin(int64_t shard) {
  for (size_t i = 0; i < metrics_.size(); ++i) {
    metrics_[i]->reset();
    if (const Tensor& before = kept(i, shard); before.defined()) metrics_[i]->load_state({{numbers, before}});
  }
}

void ShardMetrics::end(int64_t shard) {
  for (size_t i = 0; i < metrics_.size(); ++i) {
    const nn::NamedTensors state = metrics_[i]->state();
    const Tensor* const now = nn::find(state, numbers);
    require<UsageError>(now != nullptr, "[{}] need a state of numbers, got none", metrics_[i]->name());
    kept(i, shard) = *now;
    metrics_[i]->reset();
  }
}

void ShardMetrics::gather(const Ranks& ranks) {
  if (metrics_.empty()) return;
  ShardMetrics all(metrics_);
  all.load_state(gather_to_leader(ranks.all(), "metrics", state()));
  for (size_t i = 0; i < metrics_.size(); ++i) {
    metrics_[i]->reset();
    for (int64_t shard = 0; shard < ranks.shards().of; ++shard)
      if (const Tensor& one = all.kept(i, shard); one.defined()) metrics_[i]->add_state({{numbers, one}});
  }
}

nn::NamedTensors ShardMetrics::state() const {
  nn::NamedTensors all;
  for (size_t i = 0; i < kept_.size(); ++i)
    for (size_t shard = 0; shard < kept_[i].size(); ++shard)
      if (kept_[i][shard].defined())
        all.push_back({fmt::format("{}/{}/{}", metrics_[i]->name(), shard, numbers), kept_[i][shard]});
  return all;
}

void ShardMetrics::load_state(const nn::NamedTensors& saved) {
  kept_.clear();
  for (const auto& [name, tensor] : saved)
    for (size_t i = 0; i < metrics_.size(); ++i) {
      const std::string prefix = metrics_[i]->name() + "/";
      int64_t shard = -1;
      if (name.starts_with(prefix)) std::from_chars(name.data() + prefix.size(), name.data() + name.size(), shard);
      if (shard >= 0 && shard < most_shards && name == fmt::format("{}{}/{}", prefix, shard, numbers))
        kept(i, shard) = tensor;
    }
}

}  // namespace grus::training
