// Which tape records: the newest of its thread, unless NoGrad suspends it.
#include <mutex>
#include <thread>

#include "core/error.h"
#include "core/tape.h"
#include "core/tape_parts.h"

namespace grus {
namespace {

thread_local int suspensions = 0;
std::atomic<uint64_t> last_serial{0};

/// The tapes that live now and their threads, so that a wrong tape can be told from one that is gone.
struct Living {
  std::mutex mutex;
  std::unordered_map<uint64_t, std::thread::id> threads;
};
Living& living() {
  static auto* const all = new Living;  // never destroyed: a static tape may go later
  return *all;
}

uint64_t enter() {
  const uint64_t serial = ++last_serial;
  const std::lock_guard lock(living().mutex);
  living().threads.emplace(serial, std::this_thread::get_id());
  return serial;
}

enum class Owner { nobody, this_thread, other_thread };
Owner owner_of(uint64_t serial) {
  const std::lock_guard lock(living().mutex);
  const auto found = living().threads.find(serial);
  if (found == living().threads.end()) return Owner::nobody;
  return found->second == std::this_thread::get_id() ? Owner::this_thread : Owner::other_thread;
}

}  // namespace

const char*& current_scope() {
  thread_local const char* scope = "";
  return scope;
}

const char* whose(uint64_t serial) {
  const Owner owner = owner_of(serial);
  if (owner == Owner::nobody) return "a tape that has ended";
  return owner == Owner::this_thread ? "another tape" : "a tape of another thread";
}

Tape::Tape(Keep keep) : serial_(enter()), keep_(keep), outer_(active_) { active_ = this; }

Tape::~Tape() {
  for (Record* record : records_)
    if (!record->consumed) release_saved(*record);
  keep_chunks(arena_);
  if (active_ == this) active_ = outer_;
  const std::lock_guard lock(living().mutex);
  living().threads.erase(serial_);
}

Tape* Tape::recording(const Op& op, std::span<const TensorArg> inputs) {
  for (const TensorArg& input : inputs) {
    const Tensor& x = *input.tensor;
    if (active_ && active_->tracks(x)) return active_;
    require<UsageError>(
        active_ || x.node().tape == 0 || suspensions > 0 || owner_of(x.node().tape) != Owner::other_thread,
        "[{}] got a tensor of shape {} that a tape of another thread is recording, and this thread has "
        "no tape: its gradient would be lost; detach() it first",
        op.name(), x.shape());
  }
  return nullptr;
}

NoGrad::NoGrad() : suspended_(Tape::active_) {
  Tape::active_ = nullptr;
  ++suspensions;
}
NoGrad::~NoGrad() {
  Tape::active_ = suspended_;
  --suspensions;
}

}  // namespace grus
