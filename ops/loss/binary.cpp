// loss.h declares the binary cross-entropies with options, and the Kullback-Leibler divergence.
#include "ops/loss/loss.h"

#include "core/record/record.h"
#include "ops/loss/loss_parts.h"
#include "ops/math/elementwise.h"
#include "ops/math/reduce.h"

namespace grus {
namespace {

const Op binary_cross_entropy_op("binary_cross_entropy");

using loss_parts::reduced;
using loss_parts::require_sides;

void require_weight(const char* op, const Tensor& target, const Tensor& weight) {
  if (!weight.defined()) return;
  require_same_kind(op, target, weight);
  require(weight.rank() <= target.rank() && broadcast(weight.shape(), target.shape(), op) == target.shape(),
          "[{}] need a weight that broadcasts to {}, got {}", op, target.shape(), weight.shape());
}

void check(const char* op, const Tensor& x, const Tensor& target, const BceOptions& options) {
  require_sides(op, x, target);
  require_weight(op, target, options.weight);
  require_weight(op, target, options.pos_weight);
  require<UsageError>(options.label_smoothing >= 0 && options.label_smoothing <= 1,
                      "[{}] need label smoothing in [0, 1], got {}", op, options.label_smoothing);
}

Tensor smoothed(const Tensor& target, double s) { return s == 0 ? target : target * (1 - s) + s / 2; }

struct Logarithms {
  Tensor yes, no;  // log y and log(1 - y), at least -100
};
Logarithms bounded_logarithms(const Tensor& y) { return {maximum(log(y), -100), maximum(log1p(-y), -100)}; }

/// Returns -t log y - (1 - t) log(1 - y). The gradient's divisor is at least 1e-12 in f32, PyTorch's bound.
Tensor of_probabilities(const Tensor& y, const Tensor& t) {
  Tensor losses;
  {
    const NoGrad off;
    const auto [yes, no] = bounded_logarithms(y);
    losses = (t - 1) * no - t * yes;
  }
  return record(binary_cross_entropy_op, {exact(y), exact(t)}, losses,
                [](const Tensor& dy, SavedInput y, SavedInput t) {
                  if (y.wanted()) y.add(dy * (y.value - t.value) / maximum((1 - y.value) * y.value, 1e-12f));
                  if (!t.wanted()) return;
                  const auto [yes, no] = bounded_logarithms(y.value);
                  t.add(dy * (no - yes));
                });
}

Tensor weighted(const char* op, const Tensor& losses, const BceOptions& options) {
  return reduced(op, options.weight.defined() ? losses * options.weight : losses, options.reduction);
}

}  // namespace

Tensor bce_with_logits(const Tensor& logits, const Tensor& target, const BceOptions& options) {
  constexpr const char* op = "bce_with_logits";
  check(op, logits, target, options);
  const Tensor t = smoothed(target, options.label_smoothing);
  if (!options.pos_weight.defined()) return weighted(op, softplus(logits) - t * logits, options);
  // -p t log sigmoid(x) - (1 - t) log sigmoid(-x), and log sigmoid(x) = x - softplus(x)
  const Tensor positive = 1 + (options.pos_weight - 1) * t;
  return weighted(op, (1 - t) * logits + positive * (softplus(logits) - logits), options);
}

Tensor binary_cross_entropy(const Tensor& probabilities, const Tensor& target, const BceOptions& options) {
  constexpr const char* op = "binary_cross_entropy";
  check(op, probabilities, target, options);
  require<UsageError>(!options.pos_weight.defined(), "[{}] need no pos_weight, got one: bce_with_logits takes it", op);
  return weighted(op, of_probabilities(probabilities, smoothed(target, options.label_smoothing)), options);
}

Tensor kl_div(const Tensor& log_q, const Tensor& target, const KlDivOptions& options) {
  constexpr const char* op = "kl_div";
  require_sides(op, log_q, target);
  Tensor losses;
  if (options.log_target) {
    losses = exp(target) * (target - log_q);
  } else {
    const Tensor none = equal(target, 0.0);
    losses = where(none, 0.0, target * log(where(none, 1.0, target))) - target * log_q;
  }
  if (!options.batch_mean) return reduced(op, losses, options.reduction);
  require(log_q.rank() >= 1 && log_q.dim(0) > 0, "[{}] need an axis of a batch of at least 1, got {}", op,
          log_q.shape());
  return sum(losses) * (1.0 / static_cast<double>(log_q.dim(0)));
}

}  // namespace grus
