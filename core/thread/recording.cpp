#include "core/thread/recording.h"

#include <mutex>
#include <thread>
#include <unordered_map>

namespace grus {
namespace {

std::atomic<uint64_t> last_serial{0};

/// Living holds the serials of the tapes that live now, with their threads.
struct Living {
  std::mutex mutex;
  std::unordered_map<uint64_t, std::thread::id> threads;
};
Living& living() {
  static auto* const all = new Living;  // never destroyed: a static tape may end later
  return *all;
}

/// One mutex guards the scopes of all threads: any thread may end a scope, and scopes are few, as tapes are.
std::mutex& scopes_mutex() {
  static auto* const mutex = new std::mutex;  // never destroyed: a static tape may end later
  return *mutex;
}

enum class Owner { nobody, this_thread, other_thread };
Owner owner_of(uint64_t serial) {
  const std::lock_guard lock(living().mutex);
  const auto found = living().threads.find(serial);
  if (found == living().threads.end()) return Owner::nobody;
  return found->second == std::this_thread::get_id() ? Owner::this_thread : Owner::other_thread;
}

}  // namespace

TapeSerial::TapeSerial() : serial_(++last_serial) {
  const std::lock_guard lock(living().mutex);
  living().threads.emplace(serial_, std::this_thread::get_id());
}

TapeSerial::~TapeSerial() {
  const std::lock_guard lock(living().mutex);
  living().threads.erase(serial_);
}

bool TapeSerial::is_of_another_thread(uint64_t serial) { return owner_of(serial) == Owner::other_thread; }

const char* TapeSerial::whose(uint64_t serial) {
  const Owner owner = owner_of(serial);
  if (owner == Owner::nobody) return "a tape that has ended";
  return owner == Owner::this_thread ? "another tape" : "a tape of another thread";
}

/// A thread's Farewell is made with its first scope and destroyed when the thread ends: scopes that outlive the thread
/// then forget it.
struct RecordingScope::Farewell {
  ~Farewell() {
    const std::lock_guard lock(scopes_mutex());
    for (RecordingScope* scope = here_.newest; scope; scope = scope->outer_) scope->thread_ = nullptr;
    here_.active = nullptr;
    here_.newest = nullptr;
  }
};

RecordingScope::RecordingScope(Tape* tape) : tape_(tape), thread_(&here_) {
  thread_local const Farewell farewell;
  const std::lock_guard lock(scopes_mutex());
  outer_ = here_.newest;
  if (outer_) outer_->inner_ = this;
  here_.newest = this;
  here_.active = tape;
}

RecordingScope::~RecordingScope() {
  const std::lock_guard lock(scopes_mutex());
  if (outer_) outer_->inner_ = inner_;
  if (inner_) inner_->outer_ = outer_;
  if (inner_ || !thread_) return;
  thread_->newest = outer_;
  thread_->active = outer_ ? outer_->tape_ : nullptr;
}

}  // namespace grus
