#pragma once
// A fused op stands beside its composed twin: the equations in plain ops. The twin is the test oracle, the fallback of
// a backend without the fused kernel, and the path of double backward.
#include <functional>
#include <span>
#include <vector>

#include "core/tape/record.h"

namespace grus {

/// False when GRUS_KERNELS=composed: every op then runs its twin.
bool fused_kernels_wanted();

/// Under create_graph: runs the twin and adds the gradients of its outputs, seeded with this record's dy, to the
/// record's inputs (in their order; an output whose dy is undefined is left out). Each input counts as a variable of
/// its own, even where one was computed from another.
void differentiate_twin(Grads& dx, std::span<const TensorArg> inputs, const std::function<std::vector<Tensor>()>& twin);
inline void differentiate_twin(Grads& dx, std::initializer_list<TensorArg> inputs,
                               const std::function<std::vector<Tensor>()>& twin) {
  differentiate_twin(dx, std::span<const TensorArg>(inputs.begin(), inputs.size()), twin);
}

/// While it lives differentiate_twin only runs the twin and tells its outputs: for views of the tape, which want the
/// twin's records and no gradient.
class TwinCapture {
 public:
  TwinCapture();
  ~TwinCapture();
  TwinCapture(const TwinCapture&) = delete;
  TwinCapture& operator=(const TwinCapture&) = delete;

  /// Whether one lives on this thread: what a rule does besides gradients is then not wanted.
  static bool active();
  bool found() const { return found_; }
  const std::vector<Tensor>& outputs() const { return outputs_; }

 private:
  friend void differentiate_twin(Grads&, std::span<const TensorArg>, const std::function<std::vector<Tensor>()>&);
  TwinCapture* const outer_;
  bool found_ = false;
  std::vector<Tensor> outputs_;
};

}  // namespace grus
