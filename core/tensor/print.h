#pragma once
// Tensors as text, for people: fmt::print("{}", x).
#include <string>

#include "core/base/text_formatter.h"
#include "core/tensor/tensor.h"

namespace grus {

/// Prints x in NumPy's layout with four significant digits; an axis of more than 8 entries shows its first and last 3.
/// An undefined tensor is "undefined".
std::string to_string(const Tensor& x);

}  // namespace grus

template <>
struct fmt::formatter<grus::Tensor> : grus::TextFormatter {
  auto format(const grus::Tensor& x, fmt::format_context& context) const { return write(grus::to_string(x), context); }
};
