#pragma once
// Anomaly mode tells where the first NaN or infinity came from.
//   const AnomalyWatch watch;
//   Tape tape;
//   tape.backward(model(batch));   // throws "[log in encoder.gru] need finite numbers, ..."
#include "core/watch/tape_observer.h"

namespace grus {

/// While an AnomalyWatch lives, it checks the results and gradients of ops on tapes of its thread, and parameters at
/// their first use. The first NaN or infinity throws an Error that names op, module, entry, and what was bad already. A
/// check is one reduction on the device.
class AnomalyWatch : public TapeObserver {
 public:
  [[nodiscard]] AnomalyWatch() : scope_(*this) {}
  void recorded(const Tape&, Record&, std::span<const TensorArg> inputs, std::span<const Tensor> outputs) override;
  void backward_ends(const Tape&, Record&, Grads&) override;

 private:
  const TapeObserverScope scope_;
};

}  // namespace grus
