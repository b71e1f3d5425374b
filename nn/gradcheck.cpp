#include "nn/gradcheck.h"

namespace grus::nn {

void gradcheck(const ModuleBase& module, const CheckedFunction& f, const std::vector<Tensor>& inputs,
               const GradcheckOptions& options) {
  std::vector<std::pair<std::string, Leaf*>> leaves;
  for (const auto& [name, parameter] : module.named_parameters())
    if (parameter.requires_grad()) leaves.emplace_back(name, &parameter.leaf());
  grus::gradcheck(f, inputs, leaves, options);
}

}  // namespace grus::nn
