#pragma once
// How an op leaves its record on the active tape.
#include <cstddef>
#include <initializer_list>
#include <type_traits>

#include "core/tape/grads.h"

namespace grus {

/// Pushes a record when a tape is active and some input is on it; `outputs` then get their nodes. `backward` is called
/// as backward(saved, grads), or backward(saved, dy, grads) for one output (only when a gradient reached it); it may
/// capture only trivially copyable attributes. A saved tensor that is an output is bound to its node.
template <class F>
void record_outputs(const Op& op, std::initializer_list<TensorArg> inputs, std::span<Tensor> outputs,
                    std::initializer_list<TensorArg> saved, F backward) {
  static_assert(std::is_trivially_copyable_v<F>, "capture attributes by value; tensors go into `saved`");
  static_assert(alignof(F) <= alignof(std::max_align_t));
  Tape* tape = Tape::recording(op, {inputs.begin(), inputs.size()});
  if (!tape) return;
  tape->push(
      op, {inputs.begin(), inputs.size()}, outputs, {saved.begin(), saved.size()},
      [](const void* closure, const Saved& s, Grads& dx) { (*static_cast<const F*>(closure))(s, dx); }, &backward,
      sizeof(F));
}

template <class F>
Tensor record(const Op& op, std::initializer_list<TensorArg> inputs, Tensor output,
              std::initializer_list<TensorArg> saved, F backward) {
  auto with_dy = [backward](const Saved& s, Grads& dx) { backward(s, dx.dy(0), dx); };
  record_outputs(op, inputs, std::span<Tensor>(&output, 1), saved, with_dy);
  return output;
}

}  // namespace grus
