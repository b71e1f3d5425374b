#include "nn/sequential.h"

namespace grus::nn {

Sequential::Sequential(const Sequential& other) : Module<Sequential>(other) {
  for (const auto& stage : other.stages_) stages_.push_back(stage->copy());
}

Tensor Sequential::forward(const Tensor& x) const {
  Tensor y = x;
  for (const auto& stage : stages_) y = stage->run(y);
  return y;
}

}  // namespace grus::nn
