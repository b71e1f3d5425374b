#pragma once
// Tensors as text, for people: fmt::print("{}", x).
#include <string>

#include "core/tensor/tensor.h"

namespace grus {

/// Prints x in NumPy's layout with four significant digits; an axis of more than 8 entries shows its first and last 3.
/// An undefined tensor is "undefined".
std::string to_string(const Tensor& x);

}  // namespace grus

template <>
struct fmt::formatter<grus::Tensor> {
  constexpr auto parse(fmt::format_parse_context& context) { return context.begin(); }
  template <class Context>
  auto format(const grus::Tensor& x, Context& context) const {
    return fmt::format_to(context.out(), "{}", grus::to_string(x));
  }
};
