#pragma once
// The output layer and its loss as one op, chunk by chunk: (N, V) never exists.
#include "core/tape/tape.h"

namespace grus {

/// As those of cross_entropy.
struct LinearCrossEntropyOptions {
  int64_t ignore_index = -100;
  double label_smoothing = 0;
  Tensor weight = Tensor();  // (V) or undefined: constants of at least 0, of each class
  int64_t chunk_rows = 512;  // rows of logits that exist at a time
};
struct [[nodiscard]] LinearCrossEntropyOutput {
  Tensor loss;     // scalar: mean over the rows that are not ignored, smoothed and weighted
  Tensor nll_sum;  // scalar, no gradient: sum of -log p[target], neither
};

/// logits = x weight^T + bias;  x (N, K), weight (V, K), bias (V) or undefined, targets (N) i32 or i64. When recorded,
/// dx, dweight and dbias are computed on the way and saved. Throws ShapeError, DtypeError.
LinearCrossEntropyOutput linear_cross_entropy(const Tensor& x, const Tensor& weight, const Tensor& bias,
                                              const Tensor& targets, const LinearCrossEntropyOptions& options = {});
/// The twin: a linear layer, then softmax cross-entropy, in plain ops. Double backward takes it.
LinearCrossEntropyOutput linear_cross_entropy_composed(const Tensor& x, const Tensor& weight, const Tensor& bias,
                                                       const Tensor& targets,
                                                       const LinearCrossEntropyOptions& options = {});

}  // namespace grus
