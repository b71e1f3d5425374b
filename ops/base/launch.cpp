#include "ops/base/launch.h"

#include <cmath>

#include "core/device/precision.h"
#include "core/tensor/raw.h"

namespace grus::launch {

Tensor unary(UnaryOp op, const Tensor& x, const char* name) {
  const Device device = x.device();
  Tensor y = Tensor::empty(x.shape(), x.dtype(), device);
  device.check(device.kernels().unary(device.context(), op, Raw::write_view(y), Raw::view(x)), name);
  return y;
}

Tensor binary(BinaryOp op, const Tensor& a, const Tensor& b, const Shape& shape, const char* name) {
  const Device device = a.device();
  Tensor y = Tensor::empty(shape, a.dtype(), device);
  device.check(device.kernels().binary(device.context(), op, Raw::write_view(y), Raw::broadcast_view(a, shape),
                                       Raw::broadcast_view(b, shape)),
               name);
  return y;
}

Tensor compare(CompareOp op, const Tensor& a, const Tensor& b, const Shape& shape, const char* name) {
  const Device device = a.device();
  Tensor y = Tensor::empty(shape, DType::boolean, device);
  device.check(device.kernels().compare(device.context(), op, Raw::write_view(y), Raw::broadcast_view(a, shape),
                                        Raw::broadcast_view(b, shape)),
               name);
  return y;
}

Tensor scalar(const char* op, double value, const Tensor& like) {
  require<UsageError>(like.defined(), "[{}] need a tensor, got an undefined one", op);
  require_representable(op, value, like.dtype(), like.shape());
  return Tensor::full({}, value, like.dtype(), like.device());
}

void fill(Tensor& y, double value) {
  y.device().check(y.device().kernels().fill(y.device().context(), Raw::write_view(y), value), "fill");
}

void copy(Tensor& y, const Tensor& x, bool accumulate) {
  const Device device = y.device();
  device.check(
      device.kernels().copy(device.context(), Raw::write_view(y), Raw::broadcast_view(x, y.shape()), accumulate),
      "copy");
}

Tensor expanded(const Tensor& x, const Shape& shape) {
  Tensor y = Tensor::empty(shape, x.dtype(), x.device());
  copy(y, x);
  return y;
}

Tensor converted(const Tensor& x, DType dtype) {
  Tensor y = Tensor::empty(x.shape(), dtype, x.device());
  copy(y, x);
  constexpr double most = 0x7fffffff;
  const bool integers = (dtype == DType::i32 || dtype == DType::i64) && !is_float(x.dtype());
  if (const auto known = Raw::known_range(x);
      integers && known && std::abs(known->low) <= most && std::abs(known->high) <= most)
    Raw::know_range(y, *known);
  return y;
}

void reduce(ReduceOp op, Tensor& y, const Tensor& x, bool accumulate) {
  const Device device = x.device();
  Raw::write_view(y);  // raises the version; the kernel gets another view of y
  device.check(
      device.kernels().reduce(device.context(), op, Raw::broadcast_view(y, x.shape()), Raw::view(x), accumulate),
      "reduce");
}

Tensor reduced(ReduceOp op, const Tensor& x, const Shape& shape) {
  Tensor y = Tensor::empty(shape, x.dtype(), x.device());
  reduce(op, y, x);
  return y;
}

void gemm(Device device, const Matrix& y, const Matrix& a, const Matrix& b, MatmulOptions options, double beta,
          double alpha, int64_t batch, bool b_is_weight) {
  const GemmArgs args{y,    a,           b,  options.transpose_a, options.transpose_b, batch, alpha,
                      beta, b_is_weight, {}, product_precision()};
  device.check(device.kernels().gemm(device.context(), args), "gemm");
}

void affine(Device device, const Matrix& y, const Matrix& a, const Matrix& b, MatmulOptions options, const Matrix& c,
            bool b_is_weight) {
  GemmArgs args{y,
                a,
                b,
                options.transpose_a,
                options.transpose_b,
                1,
                1,
                c.buffer ? 1.0 : 0.0,
                b_is_weight,
                c,
                product_precision()};
  args.c.rows = y.rows;
  device.check(device.kernels().gemm(device.context(), args), "gemm");
}

namespace {
/// Returns x, which comes as the (batch M, K) matrix of all its rows, as a batch of (M, K); batch 0 is one matrix.
Matrix batched(Matrix matrix, int64_t batch) {
  if (batch > 0) matrix.rows /= batch;
  matrix.batch_stride = matrix.rows * matrix.row_stride;
  return matrix;
}
}  // namespace

void gemm(Tensor& y, const Tensor& a, const Tensor& b, MatmulOptions options, double beta) {
  const int64_t batch = y.rank() == 3 ? y.dim(0) : 1;
  gemm(y.device(), batched(Raw::write_matrix(y), batch), batched(Raw::matrix(a), batch), batched(Raw::matrix(b), batch),
       options, beta, 1, batch, b.leaf() != nullptr);
}

Tensor permuted(const Tensor& x, std::span<const int> order) {
  const View from = Raw::view(x);
  View view = from;
  Shape shape;
  for (int i = 0; i < x.rank(); ++i) {
    const auto axis = static_cast<size_t>(order[static_cast<size_t>(i)]);
    shape.push_back(from.dims[axis]);
    view.dims[i] = from.dims[axis];
    view.strides[i] = from.strides[axis];
  }
  Tensor y = Tensor::empty(shape, x.dtype(), x.device());
  x.device().check(x.device().kernels().copy(x.device().context(), Raw::write_view(y), view, false), "permute");
  return y;
}

namespace {
Matrix as_column(Matrix matrix) {
  matrix.rows *= matrix.cols;
  matrix.cols = matrix.row_stride = 1;
  matrix.batch_stride = matrix.rows;
  return matrix;
}
}  // namespace

Matrix rows_of(Matrix matrix, int64_t begin, int64_t end) {
  matrix.offset += begin * matrix.row_stride;
  matrix.rows = end - begin;
  return matrix;
}

Matrix columns_of(Matrix matrix, int64_t begin, int64_t end) {
  matrix.offset += begin;
  matrix.cols = end - begin;
  return matrix;
}

Matrix matrix_of(const Tensor& x) { return x.defined() ? Raw::matrix(x) : Matrix{}; }

Matrix repeated(const Tensor& vector) {
  Matrix row = matrix_of(vector);
  row.row_stride = 0;
  return row;
}

void copy(Device device, const Matrix& y, const Matrix& x) {
  device.check(device.kernels().copy(device.context(), view_of(y), view_of(x), false), "copy");
}

void fill(Device device, const Matrix& y, double value) {
  device.check(device.kernels().fill(device.context(), view_of(y), value), "fill");
}

Matrix column(const Tensor& x) { return as_column(Raw::matrix(x)); }
Matrix write_column(Tensor& x) { return as_column(Raw::write_matrix(x)); }

}  // namespace grus::launch
