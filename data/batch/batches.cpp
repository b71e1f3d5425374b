#include "data/batch/batches.h"

#include <fmt/format.h>

#include "core/base/error.h"
#include "core/tensor/random.h"
#include "core/thread/recording.h"
#include "data/batch/ordered_work.h"

namespace grus::data {
namespace {

// What a batch is made with does not depend on the thread.
class Surroundings {
 public:
  Surroundings(Device device, uint64_t seed) : device_(default_device()), draws_(default_rng().state()) {
    set_default_device(device);
    manual_seed(seed);
  }
  ~Surroundings() {
    set_default_device(device_);
    default_rng().set_state(draws_);
  }
  Surroundings(const Surroundings&) = delete;
  Surroundings& operator=(const Surroundings&) = delete;

 private:
  const Device device_;
  const RandomKey draws_;
  const NoGrad off_;
};

}  // namespace

struct BatchWalk::State {
  using Made = std::vector<std::shared_ptr<void>>;  // a rank's shards of one batch
  BatchPlan plan;
  Make make;
  uint64_t data_fingerprint;
  Plan epoch;
  uint64_t key = 0;
  int64_t position = 0;
  Device device = default_device();
  std::optional<parallel::Shards> shared = {};
  std::unique_ptr<OrderedWork> work = nullptr;  // null before a start; declared last: its threads read the others

  int64_t count() const { return static_cast<int64_t>(epoch.size()); }
  std::shared_ptr<void> make_batch(int64_t number) const {
    const uint64_t seed = derived_seed(key, ~static_cast<uint64_t>(number));
    const std::vector<int64_t>& examples = epoch[static_cast<size_t>(number)];
    if (shared) return std::make_shared<Made>(make_shards(examples, seed));
    const Surroundings scope(device, seed);
    return make(examples, key);
  }
  // Examples stand in the order of their lengths where these are sorted. They are dealt out to and fro, so that no
  // shard gets the longer one each time.
  Made make_shards(const std::vector<int64_t>& examples, uint64_t seed) const {
    Made made;
    for (int64_t shard = shared->begin; shard < shared->end; ++shard) {
      std::vector<int64_t> own;
      for (int64_t first = 0, turn = 0; first < std::ssize(examples); first += shared->of, ++turn) {
        const int64_t i = first + (turn % 2 == 0 ? shard : shared->of - 1 - shard);
        if (i < std::ssize(examples)) own.push_back(examples[static_cast<size_t>(i)]);
      }
      const Surroundings scope(device, derived_seed(seed, static_cast<uint64_t>(shard)));
      made.push_back(own.empty() ? nullptr : make(own, key));
    }
    return made;
  }
};

BatchWalk::BatchWalk(BatchPlan plan, Make make, uint64_t data_fingerprint)
    : state_(new State{std::move(plan), std::move(make), data_fingerprint, {}}) {
  state_->epoch = state_->plan.epoch(0);
}
BatchWalk::~BatchWalk() = default;
BatchWalk::BatchWalk(BatchWalk&&) noexcept = default;
BatchWalk& BatchWalk::operator=(BatchWalk&&) noexcept = default;

Plan BatchWalk::plan(int64_t epoch) const { return state_->plan.epoch(epoch); }

void BatchWalk::start(int64_t epoch, int64_t first) {
  State& s = *state_;
  require<UsageError>(epoch >= 0, "[batches] need an epoch of 0 or more, got {}", epoch);
  Plan plan = s.plan.epoch(epoch);
  const auto count = static_cast<int64_t>(plan.size());
  require<UsageError>(first >= 0 && first <= count, "[batches] need a batch from 0 to {} of epoch {}, got {}", count,
                      epoch, first);
  s.work.reset();
  s.epoch = std::move(plan);
  s.key = derived_seed(s.plan.options().seed, static_cast<uint64_t>(epoch));
  s.position = first;
  s.device = default_device();
  const BatchOptions& o = s.plan.options();
  const OrderedWork::Limits limits{.threads = o.workers, .ahead = o.workers * o.ahead};
  s.work = std::make_unique<OrderedWork>(first, count, limits, [&s](int64_t number) { return s.make_batch(number); });
}

std::shared_ptr<void> BatchWalk::next() {
  if (!state_->work) return nullptr;
  std::shared_ptr<void> batch = state_->work->next();
  if (batch) ++state_->position;
  return batch;
}

void BatchWalk::share(const parallel::Shards& shards) {
  state_->work.reset();
  state_->shared = shards;
}

std::optional<std::vector<std::shared_ptr<void>>> BatchWalk::next_shards() {
  require<UsageError>(state_->shared.has_value(), "[batches] need share() before next_shards()");
  const std::shared_ptr<void> batch = next();
  if (!batch) return std::nullopt;
  return *static_cast<const State::Made*>(batch.get());
}

int64_t BatchWalk::batches() const { return state_->count(); }
int64_t BatchWalk::position() const { return state_->position; }
int64_t BatchWalk::examples() const { return state_->plan.examples(); }
std::string BatchWalk::fingerprint() const {
  return fmt::format("{} order={:016x}", state_->plan.fingerprint(), state_->data_fingerprint);
}

}  // namespace grus::data
