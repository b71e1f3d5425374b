#include "core/tensor/raw.h"

#include "core/base/error.h"

namespace grus {

void Raw::fail_undefined() { fail<UsageError>("[view] need a tensor, got an undefined one"); }

View Raw::repeating_view(const Tensor& x, const Shape& to) {
  const View own = view(x);
  View wide{own.buffer, own.offset, own.dtype, to.rank(), {}, {}};
  const int lead = to.rank() - x.rank();
  for (int axis = 0; axis < to.rank(); ++axis) {
    wide.dims[axis] = to[axis];
    const bool repeats = axis < lead || x.shape_[axis - lead] != to[axis];
    wide.strides[axis] = repeats ? 0 : own.strides[axis - lead];
  }
  return wide;
}

Matrix Raw::matrix(const Tensor& x) {
  require<UsageError>(x.defined(), "[matrix] need a tensor, got an undefined one");
  const int64_t cols = x.rank() == 0 ? 1 : x.shape_.back();
  const int64_t rows = x.rank() <= 1 ? 1 : x.shape_.without(x.rank() - 1).numel();
  return {x.storage_->buffer(), x.offset_, x.dtype_, rows, cols, cols, rows * cols};
}

Matrix Raw::matrix(const Tensor& x, int64_t begin, int64_t end) {
  Matrix part = matrix(x);
  part.offset += begin * part.row_stride;
  part.rows = end - begin;
  return part;
}

Matrix Raw::write_matrix(Tensor& x) {
  x.storage_->raise_version();
  return matrix(x);
}
Matrix Raw::write_matrix(Tensor& x, int64_t begin, int64_t end) {
  x.storage_->raise_version();
  return matrix(x, begin, end);
}

Tensor Raw::rows(const Tensor& x, int64_t begin, int64_t end) {
  const int64_t row = x.shape_.without(0).numel();
  Tensor part = x;
  part.node_ = {};
  part.leaf_ = {};
  part.shape_[0] = end - begin;
  part.offset_ += begin * row;
  return part;
}

Tensor Raw::reshape(const Tensor& x, const Shape& shape) {
  Tensor result = x;
  result.node_ = {};
  result.leaf_ = {};
  result.shape_ = shape;
  return result;
}

}  // namespace grus
