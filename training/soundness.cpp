#include "training/soundness.h"

#include <cmath>

#include "core/tensor/items.h"
#include "ops/math/elementwise.h"
#include "ops/math/reduce.h"

namespace grus::training {

// 0 x is 0 where x is finite and NaN elsewhere, so no sum can overflow.
std::string first_not_finite(const nn::NamedTensors& tensors) {
  const NoGrad no_grad;
  std::vector<Tensor> sums;
  std::vector<const std::string*> names;
  for (const auto& [name, tensor] : tensors) {
    if (!is_float(tensor.dtype())) continue;
    sums.push_back(sum(0 * tensor));
    names.push_back(&name);
  }
  const std::vector<double> values = items(sums);
  for (size_t i = 0; i < values.size(); ++i)
    if (std::isnan(values[i])) return *names[i];
  return "";
}

}  // namespace grus::training
