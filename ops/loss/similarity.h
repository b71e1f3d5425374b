#pragma once
// Losses of vectors: how alike two are, and which of two is nearer.
#include "ops/loss/loss.h"

namespace grus {

/// y = a . b / (max(|a|, eps) max(|b|, eps)) along `axis`.   a and b broadcast; the axis goes. f32, f64. Throws
/// ShapeError, DtypeError, UsageError unless eps > 0.
Tensor cosine_similarity(const Tensor& a, const Tensor& b, int axis = -1, double eps = 1e-8);

/// loss = 1 - cos(a, b) where the label is 1, max(0, cos(a, b) - margin) where it is -1.   a, b (..., F), labels (...)
/// of a's dtype. Throws ShapeError, DtypeError; UsageError for a margin outside [-1, 1].
Tensor cosine_embedding_loss(const Tensor& a, const Tensor& b, const Tensor& labels, double margin = 0,
                             Reduction reduction = Reduction::mean);

struct TripletMarginOptions {
  double margin = 1;
  double p = 2;       // the distance is the norm of this order: 1, 2 or infinity
  double eps = 1e-6;  // added to the differences
  bool swap = false;  // the negative's distance is the smaller of those to anchor and positive (Balntas et al. 2016)
  Reduction reduction = Reduction::mean;
};
/// loss = max(0, d(anchor, positive) - d(anchor, negative) + margin), d(a, b) = |a - b + eps|_p along the last axis.
/// All
/// (..., F) -> (...). Throws ShapeError, DtypeError, UsageError unless margin > 0.
Tensor triplet_margin_loss(const Tensor& anchor, const Tensor& positive, const Tensor& negative,
                           const TripletMarginOptions& options = {});

}  // namespace grus
