#pragma once
// gradcheck (ops/gradcheck.h) of a module: of its parameters beside the inputs.
#include <concepts>

#include "nn/module.h"
#include "ops/gradcheck.h"

namespace grus::nn {

/// Checks f, which calls the module, in its trainable parameters and in its f64 inputs. Throws Error that names the
/// parameter ("encoder.weight") or the input, UsageError unless all of it is in f64 (module.to).
///
///   gradcheck(model, [&](const Tensor& x) { return mse_loss(model(x), y); }, {x});
///   gradcheck(model, [&] { return loss_of(model, batch); }, {});
void gradcheck(const ModuleBase& module, const CheckedFunction& f, const std::vector<Tensor>& inputs,
               const GradcheckOptions& options = {});
/// Checks the module as the function.
template <std::derived_from<ModuleBase> M>
void gradcheck(const M& module, const std::vector<Tensor>& inputs, const GradcheckOptions& options = {}) {
  gradcheck(module, CheckedFunction(module), inputs, options);
}

}  // namespace grus::nn
