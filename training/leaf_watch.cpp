#include "training/leaf_watch.h"

namespace grus::training {

LeafWatch::LeafWatch(const Tape& tape, LeafListener& listener) : tape_(tape), listener_(listener), scope_(*this) {
  std::vector<bool> used(tape.values());
  for (size_t i = 0; i < tape.size(); ++i) {
    const grus::Record& record = tape.record(i);
    for (size_t input = 0; input < record.inputs.size(); ++input) {
      const int32_t value = record.inputs[input];
      if (value < 0 || !tape.value(value).leaf || used[static_cast<size_t>(value)]) continue;
      used[static_cast<size_t>(value)] = true;
      first_uses_.push_back({&record, input, tape.value(value).leaf});
    }
  }
}

// The walk of another tape, as that of a checkpoint, lies within a record of this one.
void LeafWatch::backward_ends(const Tape& tape, grus::Record& record, Grads& dx) {
  if (&tape != &tape_) return;
  for (size_t i = first_uses_.size(); i-- > 0;) {
    const Use use = first_uses_[i];
    if (use.record != &record) continue;
    first_uses_.resize(i);
    if (Tensor gradient = dx.take(use.input); gradient.defined())
      use.leaf->accumulate(use.leaf->prepare(std::move(gradient)));
    listener_.leaf_done(*use.leaf);
  }
  listener_.record_done();
}

}  // namespace grus::training
