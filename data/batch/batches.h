#pragma once
// Batches of a data set, epoch by epoch, made ahead on threads.
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "data/batch/batch_plan.h"
#include "data/batch/collate.h"
#include "data/batch/dataset.h"
#include "parallel/shards.h"

namespace grus::data {

/// Walks the batches of epochs, whatever a batch is.
class BatchWalk {
 public:
  /// Makes the batch of these examples in the epoch of this key; several threads call it at a time. While it runs,
  /// nothing is recorded, the default device is that of start(), and default_rng() draws what the key decides.
  using Make = std::function<std::shared_ptr<void>(std::span<const int64_t> examples, uint64_t key)>;
  BatchWalk(BatchPlan plan, Make make, uint64_t data_fingerprint);
  ~BatchWalk();
  BatchWalk(BatchWalk&&) noexcept;
  BatchWalk& operator=(BatchWalk&&) noexcept;

  /// See Batches.
  Plan plan(int64_t epoch) const;
  void start(int64_t epoch, int64_t first);
  std::shared_ptr<void> next();
  void share(const parallel::Shards& shards);
  std::optional<std::vector<std::shared_ptr<void>>> next_shards();
  int64_t batches() const;
  int64_t position() const;
  int64_t examples() const;
  std::string fingerprint() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// Batches of the type `Batch`. Those of an epoch and their order depend on the data, the options and the epoch's
/// number alone: any number of workers gives the same bits, and start(epoch, position()) goes on as if nothing had
/// stopped.
template <class Batch>
class Batches {
 public:
  using value_type = Batch;
  static constexpr bool independent = true;  // of one another: a validation may share them out among ranks
  using Make = std::function<Batch(std::span<const int64_t> examples, uint64_t key)>;
  /// `make` is told the places of a batch's examples; see BatchWalk. batches() below makes it of a data set.
  Batches(BatchPlan plan, Make make, uint64_t data_fingerprint = 0)
      : walk_(
            std::move(plan),
            [make = std::move(make)](std::span<const int64_t> examples, uint64_t key) -> std::shared_ptr<void> {
              return std::make_shared<Batch>(make(examples, key));
            },
            data_fingerprint) {}

  /// Goes to the epoch's batch `first`, whose tensors will be on default_device(). Throws UsageError when the epoch has
  /// fewer batches.
  void start(int64_t epoch, int64_t first = 0) { walk_.start(epoch, first); }
  /// Returns the next batch, or nothing at the end of the epoch and before a start. What a function of the data or a
  /// worker threw comes out in its batch's place, then and at every further call.
  std::optional<Batch> next() { return taken(walk_.next()); }
  /// Deals the examples of each batch out to shards, one after another, from the next start() on; only this rank's own
  /// are made. next_shards() then takes the place of next(): what is empty in it is a shard without an example.
  void share(const parallel::Shards& shards) { walk_.share(shards); }
  std::optional<std::vector<std::optional<Batch>>> next_shards() {
    const std::optional<std::vector<std::shared_ptr<void>>> made = walk_.next_shards();
    if (!made) return std::nullopt;
    std::vector<std::optional<Batch>> shards;
    for (const std::shared_ptr<void>& shard : *made) shards.push_back(taken(shard));
    return shards;
  }
  /// batches() counts the batches of this epoch (before a start, of epoch 0), position() those behind us.
  int64_t batches() const { return walk_.batches(); }
  int64_t position() const { return walk_.position(); }
  /// examples() counts those of the data set; plan() has the epoch's batches as their places.
  int64_t examples() const { return walk_.examples(); }
  Plan plan(int64_t epoch) const { return walk_.plan(epoch); }
  /// One line that differs for other options or data of another size, order or lengths: a saved training compares it.
  std::string fingerprint() const { return walk_.fingerprint(); }

 private:
  static std::optional<Batch> taken(const std::shared_ptr<void>& made) {
    return made ? std::optional<Batch>(std::move(*static_cast<Batch*>(made.get()))) : std::nullopt;
  }
  BatchWalk walk_;
};

/// Batches of a data set. `collate` makes one of a std::vector of examples; without it data/batch/collate.h says what
/// becomes of them. Examples are made by the workers. Throws as BatchPlan does; lengths are measured now where tokens
/// or bucket need them and options have none.
template <class Example, class Collate>
auto batches(const Dataset<Example>& data, BatchOptions options, Collate collate) {
  using Batch = std::decay_t<std::invoke_result_t<const Collate&, std::vector<Example>>>;
  if constexpr (requires(const Example& example) { length_of(example); }) {
    const bool measure = options.lengths.empty() && (options.tokens > 0 || options.bucket > 0);
    for (int64_t i = 0; measure && i < data.size(); ++i) options.lengths.push_back(length_of(data[i]));
  }
  auto make = [data, collate = std::move(collate)](std::span<const int64_t> which, uint64_t key) -> Batch {
    std::vector<Example> examples;
    examples.reserve(which.size());
    for (const int64_t i : which) {
      manual_seed(derived_seed(key, static_cast<uint64_t>(i)));
      examples.push_back(data.get(i, key));
    }
    return std::invoke(collate, std::move(examples));
  };
  return Batches<Batch>(BatchPlan(data.size(), std::move(options)), std::move(make), data.fingerprint());
}
template <class Example>
auto batches(const Dataset<Example>& data, BatchOptions options) {
  return batches(data, std::move(options), [](std::vector<Example> examples) { return collate(examples); });
}

}  // namespace grus::data
