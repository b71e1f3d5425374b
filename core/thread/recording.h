#pragma once
// What a thread records on: which of its tapes is the active one.
#include <atomic>
#include <cstdint>

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

/// No recording on this thread while it lives.
class NoGrad {
 public:
  [[nodiscard]] NoGrad() : scope_(nullptr) {}
  NoGrad(const NoGrad&) = delete;
  NoGrad& operator=(const NoGrad&) = delete;

 private:
  const RecordingScope scope_;
};

/// The number of a tape, from 1 on. While the tape lives its thread is known by it, so that a wrong tape can be told
/// from one that is gone.
class TapeSerial {
 public:
  TapeSerial();
  ~TapeSerial();
  TapeSerial(const TapeSerial&) = delete;
  TapeSerial& operator=(const TapeSerial&) = delete;
  operator uint64_t() const { return serial_; }

  /// Whether a tape of another thread, which lives, has this number.
  static bool is_of_another_thread(uint64_t serial);
  /// "another tape", "a tape that has ended", "a tape of another thread", for messages.
  static const char* whose(uint64_t serial);

 private:
  const uint64_t serial_;
};

}  // namespace grus
