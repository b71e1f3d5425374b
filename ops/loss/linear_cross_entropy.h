#pragma once
// The output layer and its loss are one op, computed chunk by chunk, so that logits (N, V) never exist.
#include "core/tape/tape.h"

namespace grus {

/// The first three options are those of CrossEntropyOptions (ops/loss/loss.h).
struct LinearCrossEntropyOptions {
  int64_t ignore_index = -100;
  double label_smoothing = 0;
  Tensor weight = Tensor();  // (V), the weight of each class, constants of at least 0; or undefined
  int64_t chunk_rows = 512;  // rows of logits that exist at a time
};
struct [[nodiscard]] LinearCrossEntropyOutput {
  Tensor loss;     // scalar: mean over the rows that are not ignored, smoothed and weighted
  Tensor nll_sum;  // scalar without gradient: sum of -log p[target], neither smoothed nor weighted
};

/// loss = mean cross_entropy(x weight^T + bias, targets).   x (N, K), weight (V, K), bias (V) or undefined, targets (N)
/// i32 or i64.   When recorded, dx, dweight and dbias are computed on the way and saved, and so are the inputs. Throws
/// ShapeError, DtypeError; UsageError for a target outside [0, V) that is not the ignore_index.
LinearCrossEntropyOutput linear_cross_entropy(const Tensor& x, const Tensor& weight, const Tensor& bias,
                                              const Tensor& targets, const LinearCrossEntropyOptions& options = {});
/// The composed twin is a linear layer, then softmax cross-entropy, in plain ops. Double backward takes it.
LinearCrossEntropyOutput linear_cross_entropy_composed(const Tensor& x, const Tensor& weight, const Tensor& bias,
                                                       const Tensor& targets,
                                                       const LinearCrossEntropyOptions& options = {});

}  // namespace grus
