#include "ops/loss/similarity.h"

#include <algorithm>
#include <limits>

#include "ops/loss/loss_parts.h"
#include "ops/math/elementwise.h"
#include "ops/math/moments.h"
#include "ops/math/reduce.h"

namespace grus {

using loss_parts::reduced;
using loss_parts::require_sides;

Tensor cosine_similarity(const Tensor& a, const Tensor& b, int axis, double eps) {
  constexpr const char* op = "cosine_similarity";
  require_same_kind(op, a, b);
  require_float(op, a);
  require<UsageError>(eps > 0, "[{}] need an eps above 0, got {}", op, eps);
  const Shape shape = broadcast(a.shape(), b.shape(), op);
  axis = normalize_axis(axis, shape.rank(), op) - shape.rank();  // from the end, which both have alike
  require(axis >= -std::min(a.rank(), b.rank()), "[{}] need two sides with that axis, got {} and {}", op, a.shape(),
          b.shape());
  const auto length = [&](const Tensor& x) { return maximum(norm(x, 2, axis, true), eps); };
  return sum((a / length(a)) * (b / length(b)), axis);
}

Tensor cosine_embedding_loss(const Tensor& a, const Tensor& b, const Tensor& labels, double margin,
                             Reduction reduction) {
  constexpr const char* op = "cosine_embedding_loss";
  require_sides(op, a, b);
  require_same_kind(op, a, labels);
  require(a.rank() >= 1 && labels.shape() == a.shape().without(a.rank() - 1),
          "[{}] need vectors (..., F) and a label (...) for each, got {} and labels {}", op, a.shape(), labels.shape());
  require<UsageError>(margin >= -1 && margin <= 1, "[{}] need a margin in [-1, 1], got {}", op, margin);
  // PyTorch's eps under the roots, so that values are alike also where a vector is 0.
  constexpr double eps = 1e-12;
  const Tensor cos = sum(a * b, -1) / sqrt((sum(square(a), -1) + eps) * (sum(square(b), -1) + eps));
  const Tensor apart = where(equal(labels, -1.0), maximum(cos - margin, 0), 0.0);
  return reduced(op, where(equal(labels, 1.0), 1 - cos, apart), reduction);
}

Tensor triplet_margin_loss(const Tensor& anchor, const Tensor& positive, const Tensor& negative,
                           const TripletMarginOptions& options) {
  constexpr const char* op = "triplet_margin_loss";
  require_sides(op, anchor, positive);
  require_sides(op, anchor, negative);
  require(anchor.rank() >= 1, "[{}] need vectors (..., F), got {}", op, anchor.shape());
  require<UsageError>(options.margin > 0, "[{}] need a margin above 0, got {}", op, options.margin);
  constexpr double infinity = std::numeric_limits<double>::infinity();
  require<UsageError>(options.p == 1 || options.p == 2 || options.p == infinity,
                      "[{}] need p = 1, 2 or infinity, got {}", op, options.p);
  require(options.p != infinity || anchor.dim(-1) > 0, "[{}] need at least one element to reduce, got {}", op,
          anchor.shape());
  const auto distance = [&](const Tensor& x, const Tensor& y) { return norm(x - y + options.eps, options.p, -1); };
  Tensor apart = distance(anchor, negative);
  if (options.swap) apart = minimum(apart, distance(positive, negative));
  return reduced(op, maximum(distance(anchor, positive) - apart + options.margin, 0), options.reduction);
}

}  // namespace grus
