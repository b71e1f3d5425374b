#pragma once
// Losses. Prediction and target never broadcast: different shapes are a ShapeError that names both.
// Sources: loss.cpp, cross_entropy.cpp, cross_entropy_parts.h.
#include "core/tensor/tensor.h"

namespace grus {

/// A loss is the mean of all values that count, their sum, or, with `none`, one value an element (or row).
enum class Reduction { mean, sum, none };

/// The options' names and defaults are PyTorch's.
struct CrossEntropyOptions {
  int64_t ignore_index = -100;  // rows with this target count for nothing
  double label_smoothing = 0;   // s in [0, 1]: the target distribution is q = (1 - s) one-hot + s / V
  /// The weight of each class (V), or undefined for 1. The mean divides by the weights of targets that count. Weights
  /// are at least 0, which is not checked, and constants: UsageError for ones that want a gradient.
  Tensor weight = Tensor();
  Reduction reduction = Reduction::mean;
};

/// loss = -sum_j w_j q_j log softmax(logits)_j of each row.   logits (..., V), targets (...) i32 or i64 -> () or (...).
/// Fused where the backend can; saves logits, targets, weight and the gradient. The mean of no rows that count is 0.
/// Throws ShapeError, DtypeError; UsageError for a target outside [0, V) that is not the ignore_index.
Tensor cross_entropy(const Tensor& logits, const Tensor& targets, const CrossEntropyOptions& options = {});
/// The composed twin of cross_entropy.
Tensor cross_entropy_composed(const Tensor& logits, const Tensor& targets, const CrossEntropyOptions& options = {});

/// loss = -w_t log_probs[i, t] of each row, t = targets[i].   log_probs (..., V), targets (...) i32 or i64.   Options
/// are those of cross_entropy. Throws as it does, and UsageError for label smoothing.
Tensor nll_loss(const Tensor& log_probs, const Tensor& targets, const CrossEntropyOptions& options = {});

/// loss = (prediction - target)^2 of each element.
Tensor mse_loss(const Tensor& prediction, const Tensor& target, Reduction reduction = Reduction::mean);
/// loss = |prediction - target| of each element.
Tensor l1_loss(const Tensor& prediction, const Tensor& target, Reduction reduction = Reduction::mean);
/// loss = 0.5 d^2 where |d| <= delta, else delta (|d| - 0.5 delta), d = prediction - target: an outlier pulls with
/// delta at most (Huber 1964). Throws UsageError unless delta > 0.
Tensor huber_loss(const Tensor& prediction, const Tensor& target, double delta = 1,
                  Reduction reduction = Reduction::mean);
/// loss = -t log sigmoid(x) - (1 - t) log(1 - sigmoid(x)), computed as softplus(x) - t x, which does not overflow.
Tensor bce_with_logits(const Tensor& logits, const Tensor& target, Reduction reduction = Reduction::mean);

}  // namespace grus
