#pragma once
// What a thread records on: which of its tapes is the active one.
#include <atomic>
#include <cstdint>

namespace grus {

class Tape;

/// A RecordingScope is the claim of a tape or a NoGrad on the thread that made it. A thread's newest claim that has not
/// ended says which tape records, if any. Claims may end in any order, in any thread, and after their own thread.
class RecordingScope {
 public:
  /// Makes `tape` the thread's active one; null suspends recording.
  explicit RecordingScope(Tape* tape);
  ~RecordingScope();
  RecordingScope(const RecordingScope&) = delete;
  RecordingScope& operator=(const RecordingScope&) = delete;

  /// Returns this thread's recording tape, or null.
  static Tape* active() { return here_.active.load(std::memory_order_relaxed); }
  /// Tells whether no tape records because of a NoGrad.
  static bool suspended() { return !active() && here_.newest.load(std::memory_order_relaxed); }

 private:
  /// Both are atomic, because a claim that ends in another thread is taken out there.
  struct Thread {
    std::atomic<Tape*> active;
    std::atomic<RecordingScope*> newest;
  };
  struct Farewell;
  static constinit inline thread_local Thread here_;

  Tape* const tape_;
  Thread* thread_;  // null once the thread has ended
  RecordingScope *outer_, *inner_ = nullptr;
};

/// While a NoGrad lives, its thread records nothing, unless a newer Tape does.
class NoGrad {
 public:
  [[nodiscard]] NoGrad() : scope_(nullptr) {}
  NoGrad(const NoGrad&) = delete;
  NoGrad& operator=(const NoGrad&) = delete;

 private:
  const RecordingScope scope_;
};

/// A TapeSerial is the number of a tape, from 1 on. While the tape lives, its number tells its thread, so that errors
/// can tell a wrong tape from one that is gone.
class TapeSerial {
 public:
  TapeSerial();
  ~TapeSerial();
  TapeSerial(const TapeSerial&) = delete;
  TapeSerial& operator=(const TapeSerial&) = delete;
  operator uint64_t() const { return serial_; }

  /// Tells whether a living tape of another thread has this number.
  static bool is_of_another_thread(uint64_t serial);
  /// Returns "another tape", "a tape that has ended" or "a tape of another thread", for messages.
  static const char* whose(uint64_t serial);

 private:
  const uint64_t serial_;
};

}  // namespace grus
