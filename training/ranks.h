#pragma once
// A run's place among ranks: which shards of each step are its own, and what all ranks must have alike.
// Sources: ranks.cpp, rank_facts.cpp.
#include <string>
#include <utility>
#include <vector>

#include "core/tensor/random.h"
#include "nn/module.h"
#include "parallel/communicator.h"

namespace grus::training {

/// Facts by name, one line each.
using Facts = std::vector<std::pair<std::string, std::string>>;

/// The number of shards of a run on several ranks that names none.
inline constexpr int64_t default_shards = 8;

class Ranks {
 public:
  /// `shards` of 0 leaves a rank that is alone its steps as they are. Throws UsageError for more ranks than shards.
  Ranks(parallel::Communicator& all, int64_t shards);

  parallel::Communicator& all() const { return all_; }
  bool several() const { return all_.several(); }
  bool leads() const { return all_.leads(); }
  bool sharded() const { return shards_.of > 0; }
  const parallel::Shards& shards() const { return shards_; }
  /// Takes the number that a saved run began with. Throws UsageError for another than was asked for.
  void go_on_with(int64_t shards);

  /// Throws UsageError, naming the first fact and two ranks, unless all have the same. The leader warns of CPUs that
  /// differ, whose sums may.
  void require_alike(const Facts& facts) const;
  /// Overwrites parameters and buffers with the leader's.
  void share_weights(nn::ModuleBase& model) const;
  /// Throws Error unless parameters and buffers have the same bits on all ranks.
  void require_same_weights(const nn::ModuleBase& model, int64_t step) const;

 private:
  void take(int64_t shards);
  parallel::Communicator& all_;
  int64_t asked_;
  parallel::Shards shards_{0, 0, 0};
};

/// Returns on the leader its tensors, and those of others whose names it has not; others get their own back.
nn::NamedTensors gather_to_leader(parallel::Communicator& ranks, const std::string& place, const nn::NamedTensors& own);

/// Returns the state of the generator for one shard of one batch of a step, of whose draw `step` is.
RandomKey shard_key(const RandomKey& step, int64_t batch, int64_t shard);

/// What this process is: its program's bytes, its command line, its threads.
Facts process_facts();
/// Returns the CPU, the kernels that run on it and the threads: what decides the last bits of sums.
std::string machine_fact();

}  // namespace grus::training
