#pragma once
// What a thread records on.
#include <atomic>

namespace grus {

class Tape;

/// A tape's or a NoGrad's claim on the thread that made it: the newest claim that has not ended says which tape
/// records, if any. Claims may end in any order and in any thread, also after their own.
class RecordingScope {
 public:
  /// Null: nothing is recorded.
  explicit RecordingScope(Tape* tape);
  ~RecordingScope();
  RecordingScope(const RecordingScope&) = delete;
  RecordingScope& operator=(const RecordingScope&) = delete;

  /// This thread's recording tape, or null.
  static Tape* active() { return here_.active.load(std::memory_order_relaxed); }
  /// Whether a NoGrad is why there is none.
  static bool suspended() { return !active() && here_.newest.load(std::memory_order_relaxed); }

 private:
  /// Atomic, because a claim that ends in another thread is taken out there.
  struct Thread {
    std::atomic<Tape*> active;
    std::atomic<RecordingScope*> newest;
  };
  struct Farewell;
  static constinit inline thread_local Thread here_;

  Tape* const tape_;
  Thread* thread_;  // null once that has ended
  RecordingScope *outer_, *inner_ = nullptr;
};

}  // namespace grus
