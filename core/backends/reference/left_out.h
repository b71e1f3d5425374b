#pragma once
// A build that never trains leaves out the rows of kernels.def that gradients and optimizers alone ask for.
#include <algorithm>
#include <string_view>
#include <type_traits>

#include "core/base/use_only.h"
#include "core/device/kernels.h"

namespace grus {

/// Says whether the entry of this name is left out.
constexpr bool is_left_out(std::string_view name) {
  return use_only &&
         (name.ends_with("_gradient") || name.ends_with("_backward") || name.ends_with("_step") || name == "ctc");
}

/// Says whether the reference's entry is left out: the cpu backend's takes every type, or every one that use asks for.
constexpr bool is_left_out_of_reference(std::string_view name) {
  constexpr std::string_view whole[] = {"attention",  "compare",   "dot_attention", "fill", "gru_gates",
                                        "lstm_gates", "norm_rows", "select",        "sort"};
  return is_left_out(name) || (use_only && std::ranges::find(whole, name) != std::end(whole));
}

/// Returns the entry, or a function that fails in the place of one that is left out.
template <bool left_out, class... Args>
constexpr auto kept(Status (*KernelTable::*)(Args...),
                    [[maybe_unused]] std::type_identity_t<Status (*)(Args...)> entry) {
  if constexpr (left_out) return +[](Args...) { return Status::unsupported; };
  else return entry;
}

}  // namespace grus
