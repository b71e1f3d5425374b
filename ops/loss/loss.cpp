#include "ops/loss/loss.h"

#include "core/tape/tape.h"
#include "ops/loss/loss_parts.h"
#include "ops/math/elementwise.h"
#include "ops/math/index.h"
#include "ops/math/reduce.h"

namespace grus {

void loss_parts::require_sides(const char* op, const Tensor& prediction, const Tensor& target) {
  require_same_kind(op, prediction, target);
  require_float(op, prediction);
  require(prediction.shape() == target.shape(), "[{}] need two sides of one shape, got {} and {}", op,
          prediction.shape(), target.shape());
}

Tensor loss_parts::reduced(const char* op, const Tensor& losses, Reduction reduction) {
  if (reduction == Reduction::none) return losses;
  if (reduction == Reduction::sum) return sum(losses);
  require(losses.numel() > 0, "[{}] need at least one element to reduce, got losses of shape {}", op, losses.shape());
  return mean(losses);
}

using loss_parts::reduced;
using loss_parts::require_sides;

Tensor mse_loss(const Tensor& prediction, const Tensor& target, Reduction reduction) {
  require_sides("mse_loss", prediction, target);
  return reduced("mse_loss", square(prediction - target), reduction);
}

Tensor l1_loss(const Tensor& prediction, const Tensor& target, Reduction reduction) {
  require_sides("l1_loss", prediction, target);
  return reduced("l1_loss", abs(prediction - target), reduction);
}

namespace {

/// m (d - m / 2) with m = d, at most delta in size: half its square, then linear.
Tensor huber(const char* op, const Tensor& difference, double delta, Reduction reduction) {
  const Tensor near = clamp(difference, -delta, delta);
  return reduced(op, near * (difference - 0.5 * near), reduction);
}

}  // namespace

Tensor huber_loss(const Tensor& prediction, const Tensor& target, double delta, Reduction reduction) {
  require_sides("huber_loss", prediction, target);
  require<UsageError>(delta > 0, "[huber_loss] need a delta above 0, got {}", delta);
  return huber("huber_loss", prediction - target, delta, reduction);
}

Tensor smooth_l1_loss(const Tensor& prediction, const Tensor& target, double beta, Reduction reduction) {
  constexpr const char* op = "smooth_l1_loss";
  require_sides(op, prediction, target);
  require<UsageError>(beta >= 0, "[{}] need a beta of at least 0, got {}", op, beta);
  if (beta == 0) return reduced(op, abs(prediction - target), reduction);
  const Tensor losses = huber(op, prediction - target, beta, reduction);
  return beta == 1 ? losses : losses * (1 / beta);
}

Tensor bce_with_logits(const Tensor& logits, const Tensor& target, Reduction reduction) {
  require_sides("bce_with_logits", logits, target);
  return reduced("bce_with_logits", softplus(logits) - target * logits, reduction);
}

}  // namespace grus
