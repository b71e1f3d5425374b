#include "ops/sequence/sequence.h"

#include "core/base/error.h"
#include "ops/math/index.h"

namespace grus {
namespace {

/// Returns (a * b, rest...) for a shape (a, b, rest...).
Shape joined(const Shape& shape) {
  Shape result{shape[0] * shape[1]};
  for (int axis = 2; axis < shape.rank(); ++axis) result.push_back(shape[axis]);
  return result;
}

}  // namespace

Tensor pack(const Tensor& x, const Lengths& lengths) {
  require<UsageError>(x.defined(), "[pack] need a tensor, got an undefined one");
  require(x.rank() >= 2 && x.dim(0) >= lengths.longest() && x.dim(1) == lengths.batch(),
          "[pack] need x (T >= {}, B = {}, ...), got {}", lengths.longest(), lengths.batch(), x.shape());
  require_device_of("pack", x, lengths.lengths_tensor(), "lengths");
  const Tensor flat = x.reshape(joined(x.shape()));
  if (lengths.total() == flat.dim(0)) return flat;
  return gather_rows(flat, lengths.packed_rows());
}

Tensor unpack(const Tensor& packed, const Lengths& lengths) {
  require_number("unpack", packed);
  require(packed.rank() >= 1 && packed.dim(0) == lengths.total(), "[unpack] need packed rows (N = {}, ...), got {}",
          lengths.total(), packed.shape());
  require_device_of("unpack", packed, lengths.lengths_tensor(), "lengths");
  const Shape rest = packed.shape().without(0);
  const Shape padded = rest.inserted(0, lengths.batch()).inserted(0, lengths.steps());
  if (lengths.is_dense()) return packed.reshape(padded);
  return scatter_rows(packed, lengths.packed_rows(), lengths.steps() * lengths.batch()).reshape(padded);
}

}  // namespace grus
