#include "training/soundness.h"

#include <algorithm>
#include <cmath>

#include "core/tensor/items.h"
#include "ops/math/elementwise.h"
#include "ops/math/reduce.h"

namespace grus::training {

namespace {

// Numbers that are judged at once: their products stay in the cache, and no thread is started for them.
constexpr int64_t piece = 1 << 14;

}  // namespace

// 0 x is 0 where x is finite and NaN elsewhere, so no sum can overflow.
std::string first_not_finite(const nn::NamedTensors& tensors) {
  const NoGrad no_grad;
  std::vector<Tensor> sums;
  std::vector<const std::string*> names;
  for (const auto& [name, tensor] : tensors) {
    if (!is_float(tensor.dtype())) continue;
    const Tensor flat = tensor.reshape({tensor.numel()});
    for (int64_t begin = 0; begin < tensor.numel(); begin += piece) {
      sums.push_back(sum(0 * flat.rows(begin, std::min(begin + piece, tensor.numel()))));
      names.push_back(&name);
    }
  }
  const std::vector<double> values = items(sums);
  for (size_t i = 0; i < values.size(); ++i)
    if (std::isnan(values[i])) return *names[i];
  return "";
}

}  // namespace grus::training
