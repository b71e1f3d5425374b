#include "ops/math/matmul.h"

#include "core/record/record.h"
#include "core/tensor/raw.h"
#include "ops/base/launch.h"
#include "ops/math/accumulate.h"
#include "ops/math/shape.h"

namespace grus {
namespace {

const Op matmul_op("matmul");
const Op linear_op("linear");

/// y = op(a) op(b) by one gemm. a and b are both matrices, or both (batch, ...).
Tensor product(const Tensor& a, const Tensor& b, MatmulOptions options) {
  Tensor y = Tensor::empty(matmul_shape("matmul", a.shape(), b.shape(), options), a.dtype(), a.device());
  launch::gemm(y, a, b, options);
  note(matmul_op, [&] { return Noted{{"transpose_a", options.transpose_a}, {"transpose_b", options.transpose_b}}; });
  return record(matmul_op, {a, b}, y, [options](const Tensor& dy, SavedInput a, SavedInput b) {
    const auto [transposed_a, transposed_b] = options;
    if (!transposed_a) add_product(a, dy, b.value, {.transpose_b = !transposed_b});        // da = dy op(b)^T
    else add_product(a, b.value, dy, {.transpose_a = transposed_b, .transpose_b = true});  // da = op(b) dy^T
    if (!transposed_b) add_product(b, a.value, dy, {.transpose_a = !transposed_a});        // db = op(a)^T dy
    else add_product(b, dy, a.value, {.transpose_a = true, .transpose_b = transposed_a});  // db = dy^T op(a)
  });
}

/// Returns x (..., R, C), broadcast to the common batch axes, as (batch, R, C).
Tensor with_batch(const Tensor& x, const Shape& batch) {
  Shape full = batch;
  full.push_back(x.dim(-2));
  full.push_back(x.dim(-1));
  return broadcast_to(x, full).reshape({batch.numel(), x.dim(-2), x.dim(-1)});
}

Shape leading(const Shape& shape) { return shape.without(shape.rank() - 1).without(shape.rank() - 2); }

}  // namespace

Shape matmul_shape(const char* op, const Shape& a, const Shape& b, MatmulOptions options) {
  const int ra = a.rank(), rb = b.rank();
  require(ra >= 2 && rb >= 2, "[{}] need matrices, got a {} and b {}", op, a, b);
  const auto [turned_a, turned_b] = options;
  const int64_t m = a[ra - 2 + turned_a], inner_a = a[ra - 1 - turned_a], inner_b = b[rb - 2 + turned_b],
                n = b[rb - 1 - turned_b];
  require(inner_a == inner_b, "[{}] need a (..., M, K) and b (..., K, N), got a {}{} and b {}{}", op, a,
          turned_a ? " transposed" : "", b, turned_b ? " transposed" : "");
  Shape shape = broadcast(leading(a), leading(b), op);
  shape.push_back(m);
  shape.push_back(n);
  return shape;
}

Tensor matmul(const Tensor& a, const Tensor& b, MatmulOptions options) {
  require_same_kind("matmul", a, b);
  require_float("matmul", a);
  if (a.rank() == 2 && b.rank() == 2) return product(a, b, options);
  require(a.rank() >= 1 && b.rank() >= 1, "[matmul] need at least one axis on each side, got a {} and b {}", a.shape(),
          b.shape());
  if (a.rank() == 1 || b.rank() == 1) {
    require((a.rank() > 1 || !options.transpose_a) && (b.rank() > 1 || !options.transpose_b),
            "[matmul] need a plain vector, got a transposed one: a {} and b {}", a.shape(), b.shape());
    const Tensor y =
        matmul(a.rank() == 1 ? a.reshape({1, a.dim(0)}) : a, b.rank() == 1 ? b.reshape({b.dim(0), 1}) : b, options);
    Shape shape = y.shape();
    if (b.rank() == 1) shape = shape.without(shape.rank() - 1);
    if (a.rank() == 1) shape = shape.without(shape.rank() - (b.rank() == 1 ? 1 : 2));
    return y.reshape(shape);
  }
  const Shape shape = matmul_shape("matmul", a.shape(), b.shape(), options);
  if (b.rank() == 2 && !options.transpose_a) {  // the leading axes of a are rows: one product
    const Tensor rows = a.reshape({a.shape().without(a.rank() - 1).numel(), a.dim(-1)});
    return product(rows, b, options).reshape(shape);
  }
  const Shape batch = leading(shape);
  return product(with_batch(a, batch), with_batch(b, batch), options).reshape(shape);
}

Tensor linear(const Tensor& x, const Tensor& weight, const Tensor& bias) {
  require_same_kind("linear", x, weight);
  require_float("linear", x);
  require(x.rank() >= 1 && weight.rank() == 2 && x.dim(-1) == weight.dim(1),
          "[linear] need x (..., in) and weight (out, in), got x {} and weight {}", x.shape(), weight.shape());
  if (bias.defined()) {
    require_same_kind("linear", x, bias);
    require(bias.shape() == Shape{weight.dim(0)}, "[linear] need bias (out) beside weight {}, got {}", weight.shape(),
            bias.shape());
  }
  const int64_t rows = x.shape().without(x.rank() - 1).numel();
  const Tensor flat = x.rank() == 2 ? x : x.reshape(Shape{rows, x.dim(-1)});
  Tensor y = Tensor::empty({rows, weight.dim(0)}, x.dtype(), x.device());
  launch::affine(y.device(), Raw::write_matrix(y), Raw::matrix(flat), Raw::matrix(weight), {.transpose_b = true},
                 launch::repeated(bias), weight.leaf() != nullptr);
  y = record(linear_op, {flat, weight, bias}, y, [](const Tensor& dy, SavedInput x, SavedInput weight, Input bias) {
    add_product(x, dy, weight.value, {});                     // dx = dy W
    add_product(weight, dy, x.value, {.transpose_a = true});  // dW = dy^T x
    add_sum_to(bias, dy);                                     // db = the sum of dy's rows
  });
  return x.rank() == 2 ? y : y.reshape(x.shape().with(x.rank() - 1, weight.dim(0)));
}

}  // namespace grus
