#pragma once
// Observers stand beside a thread's tapes: profiles, views and the hunt for NaN.
#include "core/tape/grads.h"

namespace grus {

/// While a TapeObserverScope lives, `observer` sees the tapes of the thread that made it.
class TapeObserverScope {
 public:
  [[nodiscard]] explicit TapeObserverScope(TapeObserver& observer);
  ~TapeObserverScope();
  TapeObserverScope(const TapeObserverScope&) = delete;
  TapeObserverScope& operator=(const TapeObserverScope&) = delete;

 private:
  TapeObserver& observer_;
};

/// While an UnobservedScope lives, nobody observes this thread: observers compute within one.
class UnobservedScope {
 public:
  UnobservedScope() { observers_.swap(tape_observers()); }
  ~UnobservedScope() { observers_.swap(tape_observers()); }
  UnobservedScope(const UnobservedScope&) = delete;
  UnobservedScope& operator=(const UnobservedScope&) = delete;

 private:
  std::vector<TapeObserver*> observers_;
};

}  // namespace grus
