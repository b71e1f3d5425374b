#include "ops/twin.h"

#include <cstdlib>
#include <string_view>

namespace grus {

bool fused_kernels_wanted() {
  static const bool wanted = [] {
    const char* kernels = std::getenv("GRUS_KERNELS");
    return !kernels || std::string_view(kernels) != "composed";
  }();
  return wanted;
}

void differentiate_twin(Grads& dx, std::initializer_list<TensorArg> inputs,
                        std::initializer_list<TensorArg> twin_outputs) {
  std::vector<Tensor> sources, ys, seeds;
  std::vector<int> positions;
  int position = 0;
  for (const TensorArg& input : inputs) {
    if (dx.wanted(position)) {
      sources.push_back(*input.tensor);
      positions.push_back(position);
    }
    ++position;
  }
  int output = 0;
  for (const TensorArg& y : twin_outputs) {
    if (dx.dy(output).defined()) {
      ys.push_back(*y.tensor);
      seeds.push_back(dx.dy(output));
    }
    ++output;
  }
  const std::vector<Tensor> gradients = Tape::active()->grad(ys, seeds, sources, true);
  for (size_t i = 0; i < gradients.size(); ++i) dx.add(positions[i], gradients[i]);
}

}  // namespace grus
