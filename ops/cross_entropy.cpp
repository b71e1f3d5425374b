// cross_entropy and nll_loss of loss.h: the fused op and its composed twin.
#include "core/tape/record.h"
#include "ops/elementwise.h"
#include "ops/index.h"
#include "ops/launch.h"
#include "ops/loss.h"
#include "ops/reduce.h"
#include "ops/softmax.h"
#include "ops/twin.h"

namespace grus {
namespace {

const Op cross_entropy_op("cross_entropy");

constexpr int64_t no_target = -1;  // an ignore_index that no row has

/// Where a target is the ignore_index; false everywhere without one.
Tensor is_ignored(const Tensor& targets, std::optional<int64_t> ignore) {
  const int64_t index = ignore.value_or(no_target);
  if (targets.dtype() == DType::i64)  // as itself: a double does not hold each i64
    return equal(targets, Tensor::from({index}, {}, targets.device()));
  return equal(targets, static_cast<double>(index));
}

/// The number of targets that count.
int64_t check(const char* op, const Tensor& x, const Tensor& targets, const CrossEntropyOptions& options) {
  require_float(op, x);
  require<UsageError>(targets.defined(), "[{}] need targets, got an undefined tensor", op);
  require_device_of(op, x, targets, "targets");
  require(x.rank() >= 1 && targets.shape() == x.shape().without(x.rank() - 1),
          "[{}] need rows (..., V) and a target (...) for each, got {} and targets {}", op, x.shape(), targets.shape());
  require<UsageError>(options.label_smoothing >= 0 && options.label_smoothing <= 1,
                      "[{}] need label smoothing in [0, 1], got {}", op, options.label_smoothing);
  if (options.weight.defined()) {
    require_same_kind(op, x, options.weight);
    require(options.weight.shape() == Shape{x.dim(-1)}, "[{}] need a weight for each of {} classes, got {}", op,
            x.dim(-1), options.weight.shape());
  }
  return require_ids(op, targets, x.dim(-1), options.ignore_index, "targets",
                     options.ignore_index ? ", which is not the ignore_index"
                                          : "; targets that count for nothing are said by ignore_index");
}

/// Targets that are ids everywhere, which rows are not ignored, and what each counts: 0 where ignored, else the weight
/// of its class, or 1.
struct Rows {
  Tensor ids, real, counts;  // (N, 1), in the shape that gather takes
};

Rows rows_of(const Tensor& targets, int64_t classes, DType dtype, std::optional<int64_t> ignore, const Tensor& weight) {
  const Tensor column = targets.reshape({targets.numel(), 1});
  const Tensor ignored = is_ignored(column, ignore);
  const Tensor ids = where(ignored, 0.0, column);
  ids.know_range({0, static_cast<double>(classes - 1)});  // check() has looked
  const Tensor counts =
      weight.defined() ? gather_rows(weight.detach(), ids) : Tensor::ones(ids.shape(), dtype, ids.device());
  return {ids, logical_not(ignored), where(ignored, 0.0, counts)};
}

/// losses (N, 1) of rows that count `counts`, in the shape of the targets, or their sum, or their mean.
Tensor reduced(const Tensor& losses, const Tensor& counts, const Shape& shape, Reduction reduction) {
  if (reduction == Reduction::none) return losses.reshape(shape);
  if (reduction == Reduction::sum) return sum(losses);
  const Tensor total = sum(counts);
  return sum(losses) / where(equal(total, 0), 1.0, total);  // no row that counts: 0 / 1
}

/// From log probabilities (N, V): -(1 - s) w_t log p_t - s / V sum_j w_j log p_j.
Tensor of_log_probs(const Tensor& log_probs, const Tensor& targets, const CrossEntropyOptions& options) {
  const Rows rows = rows_of(targets, log_probs.dim(1), log_probs.dtype(), options.ignore_index, options.weight);
  const double s = options.label_smoothing;
  // What an ignored row holds may be infinite.
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

/// What the fused kernel is told, and its backward rule needs.
struct Fused {
  double smoothing, scale;
  int64_t ignore;
  Reduction reduction;
};

/// losses (N, 1); with `gradient`, logits become d(sum of losses) / d(logits).
Tensor run_kernel(Tensor& logits, const Tensor& targets, const Fused& fused, bool gradient) {
  const Device device = logits.device();
  Tensor losses = Tensor::empty({logits.dim(0), 1}, logits.dtype(), device);
  if (logits.dim(0) == 0) return losses;
  CrossEntropyArgs args{};
  args.logits = gradient ? logits.write_matrix() : logits.matrix();
  args.targets = launch::column(targets);
  args.losses = losses.write_matrix();
  args.smoothing = fused.smoothing;
  args.row_scale = fused.scale;
  args.ignore = fused.ignore;
  args.gradient = gradient;
  device.check(device.kernels().cross_entropy(device.context(), args), "cross_entropy");
  return losses;
}

/// d(losses) / d(logits) by recorded ops: scale (softmax(logits) - q), 0 in ignored rows.
Tensor recorded_gradient(const Tensor& logits, const Tensor& targets, const Fused& fused) {
  const int64_t classes = logits.dim(1);
  const Rows rows = rows_of(targets, classes, logits.dtype(), fused.ignore, Tensor());
  const Tensor q = one_hot(rows.ids.reshape({targets.numel()}), classes, logits.dtype()) * (1 - fused.smoothing) +
                   fused.smoothing / static_cast<double>(classes);
  return (softmax(logits) - q) * (rows.counts * fused.scale);
}

Tensor fused_cross_entropy(const Tensor& logits, const Tensor& targets, const Fused& fused) {
  const bool tracked = Tape::active() && Tape::active()->tracks(logits);
  Tensor gradient = tracked ? logits.clone() : logits;  // the kernel writes only gradients
  const Tensor losses = run_kernel(gradient, targets, fused, tracked);
  const Tensor y = fused.reduction == Reduction::none ? losses : launch::reduced(ReduceOp::sum, losses, {});
  return record(cross_entropy_op, {logits}, y, {logits, targets, gradient},
                [fused](const Saved& s, const Tensor& dy, Grads& dx) {
                  dx.add(0, (dx.recording() ? recorded_gradient(s[0], s[1], fused) : s[2]) * dy);
                });
}

}  // namespace

Tensor cross_entropy_composed(const Tensor& logits, const Tensor& targets, const CrossEntropyOptions& options) {
  check("cross_entropy", logits, targets, options);
  return of_log_probs(log_softmax(as_matrix(logits, targets)), targets, options);
}

Tensor cross_entropy(const Tensor& logits, const Tensor& targets, const CrossEntropyOptions& options) {
  const int64_t count = check("cross_entropy", logits, targets, options);
  if (options.weight.defined() || !fused_kernels_wanted() || !logits.device().kernels().cross_entropy)
    return of_log_probs(log_softmax(as_matrix(logits, targets)), targets, options);
  Fused fused{options.label_smoothing, 1, options.ignore_index.value_or(no_target), options.reduction};
  Tensor ids = targets;
  if (!is_representable(static_cast<double>(fused.ignore), DType::i32)) {  // kernels take targets of i32
    ids = where(is_ignored(ids, fused.ignore), static_cast<double>(no_target), ids);
    fused.ignore = no_target;
  }
  ids = cast(ids, DType::i32).reshape({targets.numel()});
  if (options.reduction == Reduction::mean) fused.scale = count > 0 ? 1 / static_cast<double>(count) : 0;
  const Tensor y = fused_cross_entropy(as_matrix(logits, targets), ids, fused);
  return options.reduction == Reduction::none ? y.reshape(targets.shape()) : y;
}

Tensor nll_loss(const Tensor& log_probs, const Tensor& targets, const CrossEntropyOptions& options) {
  check("nll_loss", log_probs, targets, options);
  require<UsageError>(options.label_smoothing == 0, "[nll_loss] need no label smoothing, got {}",
                      options.label_smoothing);
  return of_log_probs(as_matrix(log_probs, targets), targets, options);
}

}  // namespace grus
