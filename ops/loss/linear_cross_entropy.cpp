#include "ops/loss/linear_cross_entropy.h"

#include <algorithm>

#include "core/base/error.h"
#include "core/device/precision.h"
#include "core/tensor/raw.h"
#include "ops/base/launch.h"
#include "ops/base/loop_kernels.h"
#include "ops/base/twin.h"
#include "ops/loss/cross_entropy_parts.h"
#include "ops/loss/loss.h"
#include "ops/math/elementwise.h"
#include "ops/math/index.h"
#include "ops/math/matmul.h"

namespace grus {
namespace {

const Op linear_cross_entropy_op("linear_cross_entropy");

CrossEntropyOptions of_logits(const LinearCrossEntropyOptions& options, Reduction reduction) {
  return {options.ignore_index, options.label_smoothing, options.weight, reduction};
}

/// Returns the number of targets that count. Throws unless all arguments fit, UsageError for a target that is neither a
/// class nor ignored.
int64_t require_output_layer(const Tensor& x, const Tensor& weight, const Tensor& bias, const Tensor& targets,
                             const LinearCrossEntropyOptions& options) {
  constexpr const char* op = "linear_cross_entropy";
  require_float(op, x);
  require_same_kind(op, x, weight);
  if (bias.defined()) require_same_kind(op, x, bias);
  require<UsageError>(targets.defined(), "[{}] need targets, got an undefined tensor", op);
  require_device_of(op, x, targets, "targets");
  require(x.rank() == 2 && weight.rank() == 2 && weight.dim(1) == x.dim(1) &&
              (!bias.defined() || bias.shape() == Shape{weight.dim(0)}),
          "[linear_cross_entropy] need x (N, K), weight (V, K) and bias (V), got {}, {} and {}", x.shape(),
          weight.shape(), bias.shape());
  require(targets.shape() == Shape{x.dim(0)}, "[linear_cross_entropy] need targets (N = {}), got {}", x.dim(0),
          targets.shape());
  require<UsageError>(options.chunk_rows >= 1, "[linear_cross_entropy] need chunk_rows >= 1, got {}",
                      options.chunk_rows);
  return cross_entropy_parts::require_targets(op, x, targets, weight.dim(0), of_logits(options, Reduction::mean));
}

Tensor total(const Tensor& values) { return launch::reduced(ReduceOp::sum, values, {}); }

/// Attributes holds what backward needs besides tensors.
struct Attributes {
  int64_t ignore;
  double smoothing;
  Reduction reduction;
  double unscaled;  // what the gradients are to be multiplied by
};

/// In f16 small probabilities over many rows would become 0. The logits' gradients, which are 1 at most, are therefore
/// rounded 1,024 times as large and not divided by the count, whatever the scale of the loss.
constexpr double scale_in_f16 = 1024;

/// Gradients holds the gradients that are wanted. They are computed beside the losses.
struct Gradients {
  Gradients(const Tensor& x, const Tensor& weight, const Tensor& bias) {
    if (wanted(x)) dx = Tensor::empty(x.shape(), x.dtype(), x.device());
    if (wanted(weight)) dweight = Tensor::empty(weight.shape(), x.dtype(), x.device());
    if (wanted(bias)) dbias = Tensor::empty(bias.shape(), x.dtype(), x.device());
    if (x.dim(0) > 0) return;
    if (dweight.defined()) launch::fill(dweight, 0);
    if (dbias.defined()) launch::fill(dbias, 0);
  }
  static bool wanted(const Tensor& t) {
    const Tape* tape = Tape::active();
    return tape && t.defined() && tape->tracks(t);
  }
  bool any() const { return dx.defined() || dweight.defined() || dbias.defined(); }
  /// Adds what rows [begin, ...) of d(loss) / d(logits) bring.
  void add(const Tensor& dlogits, const Tensor& inputs, const Tensor& weight, int64_t begin) {
    if (dx.defined())
      multiply_by_weight(Raw::rows(dx, begin, begin + inputs.dim(0)), dlogits, Raw::matrix(weight), {}, 0);
    if (dweight.defined()) launch::gemm(dweight, dlogits, inputs, {.transpose_a = true}, begin > 0 ? 1 : 0);
    if (dbias.defined()) launch::reduce(ReduceOp::sum, dbias, dlogits, begin > 0);
  }
  Tensor dx, dweight, dbias;
};

}  // namespace

LinearCrossEntropyOutput linear_cross_entropy(const Tensor& x, const Tensor& weight, const Tensor& bias,
                                              const Tensor& targets, const LinearCrossEntropyOptions& options) {
  const int64_t count = require_output_layer(x, weight, bias, targets, options);
  const Device device = x.device();
  if (!fused_kernels_wanted() || !device.kernels().cross_entropy)
    return linear_cross_entropy_composed(x, weight, bias, targets, options);
  const int64_t rows = x.dim(0), classes = weight.dim(0);
  Tensor losses = Tensor::empty({rows, 1}, x.dtype(), device), nll = Tensor::empty({rows, 1}, x.dtype(), device);
  // Chunks have about one size, as a product of the few rows that remain would be slow.
  const int64_t chunks = rows / options.chunk_rows + (rows % options.chunk_rows != 0);
  Tensor logits = Tensor::empty({chunks > 0 ? (rows + chunks - 1) / chunks : 0, classes}, x.dtype(), device);
  Gradients gradients(x, weight, bias);
  const auto [ids, ignore] = cross_entropy_parts::kernel_targets(targets, options.ignore_index);
  const bool weighted = options.weight.defined();  // the mean then divides by weights that only the device knows
  const double divided = weighted ? 1 : count > 0 ? 1.0 / static_cast<double>(count) : 0;
  const bool narrow = x.dtype() == DType::f32 && product_precision() == Precision::f16;
  const double row_scale = narrow ? scale_in_f16 : divided;
  for (int64_t i = 0; i < chunks; ++i) {
    const int64_t begin = rows * i / chunks, end = rows * (i + 1) / chunks;
    const Tensor inputs = Raw::rows(x, begin, end);
    Tensor chunk = Raw::rows(logits, 0, end - begin);
    apply_weight(chunk, inputs, Raw::matrix(weight), bias);
    const CrossEntropyArgs args{Raw::write_matrix(chunk),
                                Raw::matrix(Raw::rows(ids, begin, end)),
                                Raw::write_matrix(losses, begin, end),
                                Raw::write_matrix(nll, begin, end),
                                options.label_smoothing,
                                row_scale,
                                ignore,
                                gradients.any(),
                                launch::matrix_of(options.weight)};
    device.check(device.kernels().cross_entropy(device.context(), args), "linear_cross_entropy");
    gradients.add(chunk, inputs, weight, begin);
  }

  const Attributes attributes{ignore, options.label_smoothing, weighted ? Reduction::sum : Reduction::mean,
                              narrow ? divided / scale_in_f16 : 1};
  // The record's loss is the mean or, with class weights, the sum.
  const auto rule = [attributes](const Tensor& dy, SavedInput x, SavedInput weight, SavedInput bias,
                                 const Tensor& targets, const Tensor& class_weight, const Tensor& dx,
                                 const Tensor& dweight, const Tensor& dbias) {
    if (x.recording())
      return differentiate_twin({x, weight, bias}, [&] {
        const Tensor logits = linear(x.value, weight.value, bias.value);
        return std::vector{cross_entropy_composed(
            logits, targets, {attributes.ignore, attributes.smoothing, class_weight, attributes.reduction})};
      });
    const auto known = Raw::known_range(dy);
    const bool is_one = known && known->low == 1 && known->high == 1 && attributes.unscaled == 1;
    const Tensor factor = attributes.unscaled == 1 ? dy : dy * attributes.unscaled;
    const auto add = [&](Input input, const Tensor& ready) {
      if (input.wanted()) input.add(is_one ? ready : mul(ready, factor));
    };
    add(x, dx);
    add(weight, dweight);
    add(bias, dbias);
  };
  const auto& [dx, dweight, dbias] = gradients;
  const Tensor loss = record(linear_cross_entropy_op,
                             {x, weight, bias, ids, options.weight.detach(), exact(dx), exact(dweight), exact(dbias)},
                             total(losses), rule);
  return {weighted ? loss / cross_entropy_parts::mean_divisor(ids, ignore, options.weight) : loss, total(nll)};
}

LinearCrossEntropyOutput linear_cross_entropy_composed(const Tensor& x, const Tensor& weight, const Tensor& bias,
                                                       const Tensor& targets,
                                                       const LinearCrossEntropyOptions& options) {
  require_output_layer(x, weight, bias, targets, options);
  const Tensor logits = linear(x, weight, bias);
  const Tensor loss = cross_entropy_composed(logits, targets, of_logits(options, Reduction::mean));
  const NoGrad unrecorded;
  return {loss, cross_entropy_composed(logits.detach(), targets,
                                       {.ignore_index = options.ignore_index, .reduction = Reduction::sum})};
}

}  // namespace grus
