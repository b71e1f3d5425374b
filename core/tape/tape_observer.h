#pragma once
// Seeing what a thread's tapes record and how they are walked. Profiles and views are observers; without one a record
// pays for the look at an empty list.
#include <vector>

#include "core/tape/tape.h"

namespace grus {

class TapeObserver {
 public:
  virtual ~TapeObserver() = default;
  /// An op has run and left `record`. A tensor of `inputs` may be undefined.
  virtual void recorded(const Tape&, Record&, std::span<const TensorArg> /*inputs*/,
                        std::span<const Tensor> /*outputs*/) {}
  /// Around a record's backward function; dy: the gradients of its outputs, undefined where nothing reached one.
  virtual void backward_begins(const Tape&, Record&, std::span<const Tensor> /*dy*/) {}
  virtual void backward_ends(const Tape&, Record&) {}
};

/// Those of this thread, in the order they came.
std::vector<TapeObserver*>& tape_observers();

class TapeObserverScope {
 public:
  [[nodiscard]] explicit TapeObserverScope(TapeObserver& observer);
  ~TapeObserverScope();
  TapeObserverScope(const TapeObserverScope&) = delete;
  TapeObserverScope& operator=(const TapeObserverScope&) = delete;

 private:
  TapeObserver& observer_;
};

/// Nobody observes this thread while it lives: for what observers themselves compute.
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
