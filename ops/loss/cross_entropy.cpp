// loss.h declares cross_entropy, a fused op with its composed twin, and nll_loss.
#include "core/record/record.h"
#include "core/tensor/raw.h"
#include "ops/base/launch.h"
#include "ops/base/twin.h"
#include "ops/loss/cross_entropy_parts.h"
#include "ops/loss/loss.h"
#include "ops/math/elementwise.h"
#include "ops/math/index.h"
#include "ops/math/reduce.h"
#include "ops/math/softmax.h"

namespace grus {
namespace {

const Op cross_entropy_op("cross_entropy");

/// Tells where a target is the ignore_index.
Tensor is_ignored(const Tensor& targets, int64_t index) {
  if (targets.dtype() == DType::i64)  // a double does not hold each i64
    return equal(targets, Tensor::from({index}, {}, targets.device()));
  return equal(targets, static_cast<double>(index));
}

/// Rows holds targets that are ids everywhere, tells which rows are not ignored, and what each counts: 0 where ignored,
/// else the weight of its class, or 1 without weights.
struct Rows {
  Tensor ids, real, counts;  // (N, 1), in the shape that gather takes
};

Rows rows_of(const Tensor& targets, int64_t classes, DType dtype, int64_t ignore, const Tensor& weight) {
  const Tensor column = targets.reshape({targets.numel(), 1});
  const Tensor ignored = is_ignored(column, ignore);
  const Tensor ids = where(ignored, 0.0, column);
  Raw::know_range(ids, {0, static_cast<double>(classes - 1)});  // require_targets() has checked them
  const Tensor counts =
      weight.defined() ? gather_rows(weight.detach(), ids) : Tensor::ones(ids.shape(), dtype, ids.device());
  return {ids, logical_not(ignored), where(ignored, 0.0, counts)};
}

/// Returns the sum of what rows count, or 1 where that is 0: the mean is then 0 / 1.
Tensor divisor_of(const Tensor& counts) {
  const Tensor total = sum(counts);
  return where(equal(total, 0), 1.0, total);
}

/// Reduces losses (N, 1), to which `counts` was applied: all of them in the shape of the targets, their sum or their
/// mean.
Tensor reduced(const Tensor& losses, const Tensor& counts, const Shape& shape, Reduction reduction) {
  if (reduction == Reduction::none) return losses.reshape(shape);
  if (reduction == Reduction::sum) return sum(losses);
  return sum(losses) / divisor_of(counts);
}

/// loss = -(1 - s) w_t log p_t - s / V sum_j w_j log p_j from log probabilities (N, V), reduced.
Tensor of_log_probs(const Tensor& log_probs, const Tensor& targets, const CrossEntropyOptions& options) {
  const Rows rows = rows_of(targets, log_probs.dim(1), log_probs.dtype(), options.ignore_index, options.weight);
  const double s = options.label_smoothing;
  // An ignored row may hold infinities, so it is replaced, not multiplied by 0.
  Tensor losses = where(rows.real, gather(log_probs, 1, rows.ids), 0.0) * rows.counts * (s - 1);
  if (s > 0) {
    const Tensor all = sum(options.weight.defined() ? log_probs * options.weight.detach() : log_probs, 1, true);
    losses = losses - where(rows.real, all, 0.0) * (s / static_cast<double>(log_probs.dim(1)));
  }
  return reduced(losses, rows.counts, targets.shape(), options.reduction);
}

Tensor as_matrix(const Tensor& x, const Tensor& targets) {
  return x.rank() == 2 ? x : x.reshape({targets.numel(), x.dim(-1)});
}

/// Fused holds the settings of the fused kernel and of its backward rule.
struct Fused {
  double smoothing, scale;
  int64_t ignore;
  Reduction reduction;
};

/// Returns losses (N, 1). With `gradient`, logits become d(sum of losses) / d(logits).
Tensor run_kernel(Tensor& logits, const Tensor& targets, const Tensor& weight, const Fused& fused, bool gradient) {
  const Device device = logits.device();
  Tensor losses = Tensor::empty({logits.dim(0), 1}, logits.dtype(), device);
  if (logits.dim(0) == 0) return losses;
  CrossEntropyArgs args{};
  args.logits = gradient ? Raw::write_matrix(logits) : Raw::matrix(logits);
  args.targets = launch::column(targets);
  args.losses = Raw::write_matrix(losses);
  args.smoothing = fused.smoothing;
  args.row_scale = fused.scale;
  args.ignore = fused.ignore;
  args.gradient = gradient;
  args.weight = launch::matrix_of(weight);
  device.check(device.kernels().cross_entropy(device.context(), args), "cross_entropy");
  return losses;
}

/// Returns d(losses) / d(logits) by recorded ops: scale (softmax(logits) sum_j q_j - q), 0 in ignored rows.
Tensor recorded_gradient(const Tensor& logits, const Tensor& targets, const Tensor& weight, const Fused& fused) {
  const int64_t classes = logits.dim(1);
  const Rows rows = rows_of(targets, classes, logits.dtype(), fused.ignore, Tensor());
  Tensor q = one_hot(rows.ids.reshape({targets.numel()}), classes, logits.dtype()) * (1 - fused.smoothing) +
             fused.smoothing / static_cast<double>(classes);
  Tensor p = softmax(logits);
  if (weight.defined()) {
    q *= weight;
    p *= sum(q, 1, true);
  }
  return (p - q) * (rows.counts * fused.scale);
}

Tensor fused_cross_entropy(const Tensor& logits, const Tensor& targets, const Tensor& weight, const Fused& fused) {
  const bool tracked = Tape::active() && Tape::active()->tracks(logits);
  Tensor gradient = tracked ? logits.detach().clone() : logits;  // the kernel writes only gradients
  const Tensor losses = run_kernel(gradient, targets, weight, fused, tracked);
  const Tensor y = fused.reduction == Reduction::none ? losses : launch::reduced(ReduceOp::sum, losses, {});
  return record(cross_entropy_op, {logits, targets, exact(gradient), weight}, y,
                [fused](const Tensor& dy, SavedInput logits, const Tensor& targets, const Tensor& gradient,
                        const Tensor& weight) {
                  const bool recording = logits.recording();
                  logits.add((recording ? recorded_gradient(logits.value, targets, weight, fused) : gradient) * dy);
                });
}

}  // namespace

namespace cross_entropy_parts {

int64_t require_targets(const char* op, const Tensor& x, const Tensor& targets, int64_t classes,
                        const CrossEntropyOptions& options) {
  require<UsageError>(options.label_smoothing >= 0 && options.label_smoothing <= 1,
                      "[{}] need label smoothing in [0, 1], got {}", op, options.label_smoothing);
  if (options.weight.defined()) {
    require_same_kind(op, x, options.weight);
    const bool varies = Tape::active() && Tape::active()->tracks(options.weight);
    require<UsageError>(!varies, "[{}] need class weights that are constants, got ones that want a gradient: detach()",
                        op);
    require(options.weight.shape() == Shape{classes}, "[{}] need a weight for each of {} classes, got {}", op, classes,
            options.weight.shape());
  }
  return require_ids(op, targets, classes, options.ignore_index, "targets", ", which is not the ignore_index");
}

KernelTargets kernel_targets(const Tensor& targets, int64_t ignore_index) {
  constexpr int64_t no_class = -1;
  const bool held = is_representable(static_cast<double>(ignore_index), DType::i32);
  const Tensor ids = held ? targets : where(is_ignored(targets, ignore_index), static_cast<double>(no_class), targets);
  return {cast(ids, DType::i32).reshape({targets.numel()}), held ? ignore_index : no_class};
}

Tensor mean_divisor(const Tensor& targets, int64_t ignore_index, const Tensor& weight) {
  return divisor_of(rows_of(targets, weight.dim(0), weight.dtype(), ignore_index, weight).counts);
}

}  // namespace cross_entropy_parts

namespace {

/// Returns the number of targets that count. Throws unless x, targets and options fit.
int64_t check(const char* op, const Tensor& x, const Tensor& targets, const CrossEntropyOptions& options) {
  require_float(op, x);
  require<UsageError>(targets.defined(), "[{}] need targets, got an undefined tensor", op);
  require_device_of(op, x, targets, "targets");
  require(x.rank() >= 1 && targets.shape() == x.shape().without(x.rank() - 1),
          "[{}] need rows (..., V) and a target (...) for each, got {} and targets {}", op, x.shape(), targets.shape());
  return cross_entropy_parts::require_targets(op, x, targets, x.dim(-1), options);
}

}  // namespace

Tensor cross_entropy_composed(const Tensor& logits, const Tensor& targets, const CrossEntropyOptions& options) {
  check("cross_entropy", logits, targets, options);
  return of_log_probs(log_softmax(as_matrix(logits, targets)), targets, options);
}

Tensor cross_entropy(const Tensor& logits, const Tensor& targets, const CrossEntropyOptions& options) {
  const int64_t count = check("cross_entropy", logits, targets, options);
  if (!fused_kernels_wanted() || !logits.device().kernels().cross_entropy)
    return of_log_probs(log_softmax(as_matrix(logits, targets)), targets, options);
  const auto [ids, ignore] = cross_entropy_parts::kernel_targets(targets, options.ignore_index);
  const bool mean = options.reduction == Reduction::mean, weighted = options.weight.defined();
  Fused fused{options.label_smoothing, 1, ignore, options.reduction};
  if (mean && !weighted) fused.scale = count > 0 ? 1 / static_cast<double>(count) : 0;
  const Tensor y = fused_cross_entropy(as_matrix(logits, targets), ids, options.weight.detach(), fused);
  if (options.reduction == Reduction::none) return y.reshape(targets.shape());
  return mean && weighted ? y / cross_entropy_parts::mean_divisor(ids, ignore, options.weight) : y;
}

Tensor nll_loss(const Tensor& log_probs, const Tensor& targets, const CrossEntropyOptions& options) {
  check("nll_loss", log_probs, targets, options);
  require<UsageError>(options.label_smoothing == 0, "[nll_loss] need no label smoothing, got {}",
                      options.label_smoothing);
  return of_log_probs(as_matrix(log_probs, targets), targets, options);
}

}  // namespace grus
