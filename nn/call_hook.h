#pragma once
// Hooks on a module's call. forward is an ordinary function, so that a hook sees what it can of any: the tensors among
// the arguments, and those of the result.
#include <functional>
#include <span>
#include <type_traits>
#include <vector>

#include "core/tensor/tensor.h"

namespace grus::nn {

/// One call, as a hook sees it.
struct ModuleCall {
  const char* path;                 // "encoder.gru", "" for the root
  std::span<const Tensor> inputs;   // the arguments that are tensors or parameters, in order
  std::span<const Tensor> outputs;  // the result: one tensor, or those of its struct; empty in `before`
};

/// `before` runs ahead of forward, `after` when it returned (not when it threw). Either may be left out, and may throw.
struct CallHook {
  std::function<void(const ModuleCall&)> before, after;
};

/// Appends what a hook shall see of x. A struct of tensors has an overload collect_tensors(const S&, vector&) beside
/// it.
template <class T>
void append_tensors(const T& x, std::vector<Tensor>& to) {
  if constexpr (requires { collect_tensors(x, to); }) {
    collect_tensors(x, to);
  } else if constexpr (std::is_convertible_v<const T&, Tensor>) {
    to.push_back(x);
  } else if constexpr (std::is_convertible_v<const T&, std::span<const Tensor>>) {
    const std::span<const Tensor> all = x;
    to.insert(to.end(), all.begin(), all.end());
  }
}

}  // namespace grus::nn
