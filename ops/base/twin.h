#pragma once
// A fused op stands beside its composed twin, the equations in plain ops. The twin is the oracle of its tests, the
// fallback of a backend without the fused kernel, the path of double backward and, where a fused op has no rule of its
// own, its gradient.
#include <functional>
#include <span>
#include <vector>

#include "core/record/record.h"

namespace grus {

/// Tells whether fused ops run fused. With GRUS_KERNELS=composed in the environment each runs its twin.
bool fused_kernels_wanted();

using TwinFunction = std::function<std::vector<Tensor>()>;
/// A fused op's rule calls this under create_graph. It runs the twin and adds the gradients of the twin's outputs,
/// seeded with the record's dy, to the record's inputs; an output whose dy is undefined is left out. Each input counts
/// as a variable of its own, even where one was computed from another.
void differentiate_twin(std::span<const SavedInput> inputs, const TwinFunction& twin);
inline void differentiate_twin(std::initializer_list<SavedInput> inputs, const TwinFunction& twin) {
  differentiate_twin(std::span(inputs.begin(), inputs.size()), twin);
}

/// A rule that runs its function again calls this. It adds the gradients of f's outputs, seeded with the record's dy,
/// to the record's inputs, all of which are saved. The first `arguments` inputs are f's arguments; f uses the others by
/// itself. The records of f stand on a tape of their own, under create_graph on the active one.
void differentiate_again(Grads& dx, const Saved& inputs, size_t arguments,
                         const std::function<std::vector<Tensor>(std::span<const Tensor>)>& f);

/// Records a fused op without a rule. Its gradients of any order are its twin's, which backward runs and walks.
///   return record_twin(op, {x, w}, y, [](const Tensor& x, const Tensor& w) { return composed(x, w); });
template <size_t tensors, class Twin>
Tensor record_twin(const Op& op, const TensorArg (&inputs)[tensors], Tensor output, const Twin& twin) {
  static_assert(std::is_trivially_copyable_v<Twin>, "a twin captures plain values; tensors are given to `record_twin`");
  const auto rule = [](const void* closure, const Saved& saved, Grads& dx) {
    differentiate_again(dx, saved, tensors, [&](std::span<const Tensor> xs) {
      return [&]<size_t... i>(std::index_sequence<i...>) {
        return std::vector<Tensor>{(*static_cast<const Twin*>(closure))(xs[i]...)};
      }
      (std::make_index_sequence<tensors>());
    });
  };
  if (Tape* const tape = Tape::recording(op, inputs))
    tape->push(op, inputs, {&output, 1}, inputs, rule, &twin, sizeof(Twin));
  return output;
}

/// While a TwinCapture lives, differentiate_twin only runs the twin and keeps its outputs. Views of the tape want the
/// twin's records and no gradient.
class TwinCapture {
 public:
  TwinCapture();
  ~TwinCapture();
  TwinCapture(const TwinCapture&) = delete;
  TwinCapture& operator=(const TwinCapture&) = delete;

  /// Tells whether one lives on this thread: a rule must then do nothing but gradients.
  static bool active();
  bool found() const { return found_; }
  const std::vector<Tensor>& outputs() const { return outputs_; }

 private:
  friend void differentiate_twin(std::span<const SavedInput>, const TwinFunction&);
  TwinCapture* const outer_;
  bool found_ = false;
  std::vector<Tensor> outputs_;
};

}  // namespace grus
