#include "ops/loss/loss.h"

#include "core/tape/tape.h"
#include "ops/math/elementwise.h"
#include "ops/math/index.h"
#include "ops/math/reduce.h"

namespace grus {
namespace {

void require_sides(const char* op, const Tensor& prediction, const Tensor& target) {
  require_same_kind(op, prediction, target);
  require_float(op, prediction);
  require(prediction.shape() == target.shape(), "[{}] need two sides of one shape, got {} and {}", op,
          prediction.shape(), target.shape());
}

Tensor reduced(const Tensor& losses, Reduction reduction) {
  if (reduction == Reduction::none) return losses;
  return reduction == Reduction::sum ? sum(losses) : mean(losses);
}

}  // namespace

Tensor mse_loss(const Tensor& prediction, const Tensor& target, Reduction reduction) {
  require_sides("mse_loss", prediction, target);
  return reduced(square(prediction - target), reduction);
}

Tensor l1_loss(const Tensor& prediction, const Tensor& target, Reduction reduction) {
  require_sides("l1_loss", prediction, target);
  return reduced(abs(prediction - target), reduction);
}

Tensor huber_loss(const Tensor& prediction, const Tensor& target, double delta, Reduction reduction) {
  require_sides("huber_loss", prediction, target);
  require<UsageError>(delta > 0, "[huber_loss] need a delta above 0, got {}", delta);
  const Tensor distance = abs(prediction - target), near = minimum(distance, delta);
  return reduced(near * (distance - 0.5 * near), reduction);
}

Tensor bce_with_logits(const Tensor& logits, const Tensor& target, Reduction reduction) {
  require_sides("bce_with_logits", logits, target);
  return reduced(softplus(logits) - target * logits, reduction);
}

}  // namespace grus
