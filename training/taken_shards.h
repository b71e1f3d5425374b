#pragma once
// The batches of one step, of which a rank has its own shards.
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "parallel/shards.h"

namespace grus::training {

/// TakenShards holds what next_shards() of data::Batches and its like gave for one step.
template <class Batch>
class TakenShards {
 public:
  void share(const parallel::Shards& shards) { shards_ = shards; }
  /// Replaces what is held by up to `count` batches; returns how many there were.
  template <class Batches>
  int64_t take(Batches& batches, int64_t count) {
    taken_.clear();  // their memory serves the next ones
    while (std::ssize(taken_) < count) {
      auto shards = batches.next_shards();
      if (!shards) break;
      taken_.push_back(*std::move(shards));
    }
    return std::ssize(taken_);
  }
  /// Returns a shard of a batch; null where it has no example.
  const Batch* find(int64_t batch, int64_t shard) const {
    const std::optional<Batch>& found =
        taken_.at(static_cast<size_t>(batch)).at(static_cast<size_t>(shard - shards_.begin));
    return found ? &*found : nullptr;
  }

 private:
  parallel::Shards shards_;
  std::vector<std::vector<std::optional<Batch>>> taken_;
};

}  // namespace grus::training
