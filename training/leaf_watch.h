#pragma once
// Gradients of leaves as early as a walk of a tape has them.
#include <vector>

#include "core/tape/tape.h"
#include "core/watch/tape_observer.h"

namespace grus::training {

/// A LeafListener hears of leaves while a tape is walked backwards.
class LeafListener {
 public:
  virtual ~LeafListener() = default;
  /// The leaf has its gradient of this pass, if any: nothing will add to it.
  virtual void leaf_done(Leaf& leaf) = 0;
  /// The walk is behind a record.
  virtual void record_done() = 0;
};

/// While a LeafWatch lives, backward() of the tape gives a leaf its gradient as soon as the first op that used it was
/// walked, and the listener hears of it. It does not hear of leaves to whose first op no gradient came; those have
/// theirs when backward() returns, as all have without a watch.
class LeafWatch : public TapeObserver {
 public:
  LeafWatch(const Tape& tape, LeafListener& listener);

 private:
  struct Use {
    const grus::Record* record;
    size_t input;
    Leaf* leaf;
  };
  void backward_ends(const Tape& tape, grus::Record& record, Grads& dx) override;

  const Tape& tape_;
  LeafListener& listener_;
  std::vector<Use> first_uses_;  // of each leaf, in the order of the records
  const TapeObserverScope scope_;
};

}  // namespace grus::training
