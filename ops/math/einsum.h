#pragma once
#include <string_view>

#include "core/tensor/tensor.h"

namespace grus {

/// y = the sum of products that the equation names, as torch.einsum: "bik,bkj->bij", "ii->i", "...i,i->...". Without ->
/// the output has the letters that stand once, in their order. A letter twice in an operand takes its diagonal; axes
/// under ... broadcast. Two operands meet in one product of matrices. f32, f64. Throws UsageError for an equation that
/// cannot be read, ShapeError for sizes that differ, DtypeError, DeviceError.
Tensor einsum(std::string_view equation, const Tensor& a);
Tensor einsum(std::string_view equation, const Tensor& a, const Tensor& b);

}  // namespace grus
