#include "ops/linear_cross_entropy.h"

#include <algorithm>

#include "core/base/error.h"
#include "ops/elementwise.h"
#include "ops/gru_step.h"
#include "ops/index.h"
#include "ops/launch.h"
#include "ops/loss.h"
#include "ops/matmul.h"
#include "ops/twin.h"

namespace grus {
namespace {

const Op linear_cross_entropy_op("linear_cross_entropy");

/// Number of targets that count. Throws UsageError for one that is neither a class nor ignored.
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
  require<DtypeError>(targets.dtype() == DType::i32, "[linear_cross_entropy] need i32 targets, got {} {}",
                      targets.dtype(), targets.shape());
  require(targets.shape() == Shape{x.dim(0)}, "[linear_cross_entropy] need targets (N = {}), got {}", x.dim(0),
          targets.shape());
  require<UsageError>(options.label_smoothing >= 0 && options.label_smoothing <= 1 && options.chunk_rows >= 1,
                      "[linear_cross_entropy] need label_smoothing in [0, 1] and chunk_rows >= 1, got {} and {}",
                      options.label_smoothing, options.chunk_rows);
  return require_ids(op, targets, weight.dim(0), options.ignore_index, "targets", ", which is not the ignore_index");
}

Tensor total(const Tensor& values) { return launch::reduced(ReduceOp::sum, values, {}); }

}  // namespace

LinearCrossEntropyOutput linear_cross_entropy(const Tensor& x, const Tensor& weight, const Tensor& bias,
                                              const Tensor& targets, const LinearCrossEntropyOptions& options) {
  const int64_t count = require_output_layer(x, weight, bias, targets, options);
  const Device device = x.device();
  if (!fused_kernels_wanted() || !device.kernels().cross_entropy)
    return linear_cross_entropy_composed(x, weight, bias, targets, options);
  Tape* tape = Tape::active();
  const auto wanted = [tape](const Tensor& t) { return tape && t.defined() && tape->tracks(t); };
  const bool gradient = wanted(x) || wanted(weight) || wanted(bias);
  const int64_t rows = x.dim(0), classes = weight.dim(0);
  Tensor losses = Tensor::empty({rows, 1}, x.dtype(), device), nll = Tensor::empty({rows, 1}, x.dtype(), device);
  // Chunks of about one size: a product of the few rows that remain would be a slow one.
  const int64_t chunks = rows / options.chunk_rows + (rows % options.chunk_rows != 0);
  Tensor logits = Tensor::empty({chunks > 0 ? (rows + chunks - 1) / chunks : 0, classes}, x.dtype(), device);
  Tensor dx, dweight, dbias;
  if (wanted(x)) dx = Tensor::empty(x.shape(), x.dtype(), device);
  if (wanted(weight)) dweight = Tensor::empty(weight.shape(), x.dtype(), device);
  if (wanted(bias)) dbias = Tensor::empty(bias.shape(), x.dtype(), device);
  if (rows == 0 && dweight.defined()) launch::fill(dweight, 0);
  if (rows == 0 && dbias.defined()) launch::fill(dbias, 0);

  const double row_scale = count > 0 ? 1.0 / static_cast<double>(count) : 0;
  for (int64_t i = 0; i < chunks; ++i) {
    const int64_t begin = rows * i / chunks, end = rows * (i + 1) / chunks;
    const Tensor inputs = x.unrecorded_rows(begin, end);
    Tensor chunk = logits.unrecorded_rows(0, end - begin);
    apply_weight(chunk, inputs, weight.matrix(), Transposed, bias);
    const CrossEntropyArgs args{chunk.write_matrix(),
                                targets.unrecorded_rows(begin, end).matrix(),
                                losses.write_matrix(begin, end),
                                nll.write_matrix(begin, end),
                                options.label_smoothing,
                                row_scale,
                                options.ignore_index,
                                gradient};
    device.check(device.kernels().cross_entropy(device.context(), args), "linear_cross_entropy");
    if (dx.defined()) multiply_by_weight(dx.unrecorded_rows(begin, end), chunk, weight.matrix(), Plain, 0);
    if (dweight.defined()) launch::gemm(dweight, chunk, Transposed, inputs, Plain, begin > 0 ? 1 : 0);
    if (dbias.defined()) launch::reduce(ReduceOp::sum, dbias, chunk, begin > 0);
  }

  const LinearCrossEntropyOptions attributes = options;
  const auto rule = [attributes](const Tensor& dy, SavedInput x, SavedInput weight, SavedInput bias,
                                 const Tensor& targets, const Tensor& dx, const Tensor& dweight, const Tensor& dbias) {
    if (x.recording())
      return differentiate_twin({x, weight, bias}, [&] {
        return std::vector{linear_cross_entropy_composed(x.value, weight.value, bias.value, targets, attributes).loss};
      });
    const auto known = dy.known_range();
    const bool is_one = known && known->low == 1 && known->high == 1;
    const auto add = [&](Input input, const Tensor& ready) {
      if (input.wanted()) input.add(is_one ? ready : mul(ready, dy));
    };
    add(x, dx);
    add(weight, dweight);
    add(bias, dbias);
  };
  return {record(linear_cross_entropy_op, {x, weight, bias, targets, dx, dweight, dbias}, total(losses), rule),
          total(nll)};
}

LinearCrossEntropyOutput linear_cross_entropy_composed(const Tensor& x, const Tensor& weight, const Tensor& bias,
                                                       const Tensor& targets,
                                                       const LinearCrossEntropyOptions& options) {
  require_output_layer(x, weight, bias, targets, options);
  const Tensor logits = linear(x, weight, bias);
  const Tensor loss = cross_entropy_composed(logits, targets,
                                             {.ignore_index = options.ignore_index,
                                              .label_smoothing = options.label_smoothing,
                                              .weight = {},
                                              .reduction = Reduction::mean});
  const NoGrad unrecorded;
  return {loss,
          cross_entropy_composed(
              logits.detach(), targets,
              {.ignore_index = options.ignore_index, .label_smoothing = 0, .weight = {}, .reduction = Reduction::sum})};
}

}  // namespace grus
