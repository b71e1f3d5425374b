#include "core/base/error.h"
#include "core/device/precision.h"
#include "core/record/record.h"
#include "core/tensor/raw.h"
#include "ops/base/launch.h"
#include "ops/base/twin.h"
#include "ops/conv/conv.h"
#include "ops/math/elementwise.h"
#include "ops/math/matmul.h"
#include "ops/math/shape.h"

namespace grus {
namespace {

const Op conv_sequence_op("conv_sequence");

/// y = the sum of products by taps (k, O, C) with the rows of x (T, B, C) that each meets.
Tensor by_taps(const Tensor& x, const Tensor& taps, int64_t dilation) {
  const int64_t count = taps.dim(0), steps = x.dim(0) - dilation * (count - 1);
  Tensor y;
  for (int64_t j = 0; j < count; ++j) {
    const Tensor part = matmul(x.rows(j * dilation, j * dilation + steps), taps[j], {.transpose_b = true});
    y = j == 0 ? part : y + part;
  }
  return y;
}

/// Rows of x that tap j meets, as a matrix of `rows` rows.
Matrix rows_at(Matrix x, int64_t j, int64_t dilation, int64_t batch, int64_t rows) {
  return launch::rows_of(x, j * dilation * batch, j * dilation * batch + rows);
}

/// Weights (O, C) of tap j.
Matrix tap_at(Matrix taps, int64_t j, int64_t outputs) { return launch::rows_of(taps, j * outputs, (j + 1) * outputs); }

void backward(const Tensor& dy, const SavedInput& x, const SavedInput& taps, int64_t dilation) {
  const Device device = dy.device();
  const int64_t batch = dy.dim(1), rows = dy.dim(0) * batch, outputs = dy.dim(2);
  const Matrix slope = Raw::matrix(dy), from = Raw::matrix(x.value), weights = Raw::matrix(taps.value);
  for (int64_t j = 0; j < taps.value.dim(0); ++j) {
    if (x.wanted())
      launch::gemm(device, rows_at(Raw::write_matrix(x.zeroed_target()), j, dilation, batch, rows), slope,
                   tap_at(weights, j, outputs), {}, 1);
    if (taps.wanted())
      launch::gemm(device, tap_at(Raw::write_matrix(taps.zeroed_target()), j, outputs), slope,
                   rows_at(from, j, dilation, batch, rows), {.transpose_a = true}, 1);
  }
}

/// x (T, B, C) and taps (k, O, C) -> (T', B, O), by products that add to y.
Tensor fused(const Tensor& x, const Tensor& taps, int64_t dilation) {
  const int64_t count = taps.dim(0), outputs = taps.dim(1), batch = x.dim(1);
  Tensor y = Tensor::empty({x.dim(0) - dilation * (count - 1), batch, outputs}, x.dtype(), x.device());
  const Matrix from = Raw::matrix(x), weights = Raw::matrix(taps), to = Raw::write_matrix(y);
  for (int64_t j = 0; j < count; ++j)
    launch::gemm(x.device(), to, rows_at(from, j, dilation, batch, to.rows), tap_at(weights, j, outputs),
                 {.transpose_b = true}, j == 0 ? 0 : 1);
  note(conv_sequence_op, [&] { return Noted{{"dilation", dilation}}; });
  return record(conv_sequence_op, {x, taps}, y, [dilation](const Tensor& dy, SavedInput x, SavedInput taps) {
    if (!x.recording()) return backward(dy, x, taps, dilation);
    differentiate_twin({x, taps}, [&] { return std::vector{by_taps(x.value, taps.value, dilation)}; });
  });
}

}  // namespace

Tensor conv_sequence(const Tensor& x, const Tensor& weight, const Tensor& bias, const ConvSequenceOptions& o) {
  constexpr const char* op = "conv_sequence";
  require_float(op, x);
  require_same_kind(op, x, weight);
  require(x.rank() == 3 && weight.rank() == 3 && x.dim(2) == weight.dim(1) && weight.dim(2) > 0,
          "[{}] need x (T, B, C) and weight (O, C, k), got {} and {}", op, x.shape(), weight.shape());
  require<UsageError>(o.before >= 0 && o.after >= 0 && o.dilation > 0,
                      "[{}] need padding of at least 0 and a dilation of at least 1, got {}, {} and {}", op, o.before,
                      o.after, o.dilation);
  if (bias.defined()) {
    require_same_kind(op, x, bias);
    require(bias.shape() == Shape{weight.dim(0)}, "[{}] need bias ({}), got {}", op, weight.dim(0), bias.shape());
  }
  const int64_t reach = o.dilation * (weight.dim(2) - 1);
  require(x.dim(0) + o.before + o.after > reach, "[{}] need at least {} steps, padding included, got x {}", op,
          reach + 1, x.shape());
  const Tensor padded = o.before + o.after == 0 ? x : pad(x, {{o.before, o.after}, {0, 0}, {0, 0}});
  const Tensor taps = permute(weight, {2, 0, 1});
  const Tensor y = fused_kernels_wanted() ? fused(padded, taps, o.dilation) : by_taps(padded, taps, o.dilation);
  return bias.defined() ? y + bias : y;
}

}  // namespace grus
