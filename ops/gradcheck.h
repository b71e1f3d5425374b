#pragma once
// Is a gradient right? Compared in f64 with central differences along random directions, of the outputs weighted by
// random numbers (a plain sum is blind to softmax).
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "core/tensor/tensor.h"

namespace grus {

struct GradcheckOptions {
  double step = 1e-5;
  double relative = 1e-6, absolute = 1e-7;  // |analytic - numeric| <= absolute + relative * max(|analytic|, |numeric|)
  int directions = 2;
  uint64_t seed = 1;
  std::vector<std::string> names = {};  // of the inputs, for messages
};

using TensorFunction = std::function<Tensor(std::span<const Tensor>)>;
using TensorsFunction = std::function<std::vector<Tensor>(std::span<const Tensor>)>;

/// Throws Error naming the input, the entry that is worst and both its values when the tape's gradient of f differs
/// from the numeric one. f64 inputs are checked; others are handed through. f must be deterministic and smooth near the
/// inputs.
void gradcheck(const TensorFunction& f, const std::vector<Tensor>& inputs, const GradcheckOptions& options = {});
void gradcheck(const TensorsFunction& f, const std::vector<Tensor>& inputs, const GradcheckOptions& options = {});
/// The same for the gradient that create_graph records, and for its own gradient with respect to the inputs and to the
/// gradient of the outputs.
void gradgradcheck(const TensorFunction& f, const std::vector<Tensor>& inputs, const GradcheckOptions& options = {});
void gradgradcheck(const TensorsFunction& f, const std::vector<Tensor>& inputs, const GradcheckOptions& options = {});

}  // namespace grus
