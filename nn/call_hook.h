#pragma once
// Hooks on a module's call. forward is an ordinary function with any arguments, so a hook sees the tensors among them
// and the tensors of the result.
#include <functional>
#include <span>
#include <type_traits>
#include <vector>

#include "core/tensor/tensor.h"

namespace grus::nn {

/// A ModuleCall is one call as a hook sees it.
struct ModuleCall {
  const char* path;                 // "encoder.gru", "" for the root
  std::span<const Tensor> inputs;   // the arguments that are tensors or parameters, in order
  std::span<const Tensor> outputs;  // the tensors of the result; empty in `before`
};

/// A CallHook has two functions. `before` runs ahead of forward, `after` when forward returned (not when it threw).
/// Either may be left out, and may throw.
struct CallHook {
  std::function<void(const ModuleCall&)> before, after;
};

/// Appends what a hook sees of x. A struct S of tensors has an overload collect_tensors(const S&, vector&) beside it.
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
