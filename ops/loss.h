#pragma once
// Losses. The two sides never broadcast: different shapes are a ShapeError that names both.
#include "core/tensor/tensor.h"

namespace grus {

/// none: one value an element (a row); mean: over all that count.
enum class Reduction { mean, sum, none };

/// Names and defaults are PyTorch's.
struct CrossEntropyOptions {
  int64_t ignore_index = -100;  // rows with this target count for nothing
  double label_smoothing = 0;   // s: the target distribution is (1 - s) one-hot + s / V, in [0, 1]
  /// (V) or undefined: constants, of each class, which are not looked at: of at least 0, or losses mean nothing. The
  /// mean then divides by the sum of those of targets that count. Throws UsageError for ones that want a gradient.
  Tensor weight = Tensor();
  Reduction reduction = Reduction::mean;
};

/// -sum_j q_j log softmax(logits)_j of each row.   logits (..., V), targets (...) i32 or i64 -> () or (...).   Fused
/// where the backend can; saves logits, targets and the gradient. No row that counts: the mean is 0.
/// Throws ShapeError; UsageError for a target outside [0, V) that is not the ignore_index.
Tensor cross_entropy(const Tensor& logits, const Tensor& targets, const CrossEntropyOptions& options = {});
/// Its twin, by plain ops.
Tensor cross_entropy_composed(const Tensor& logits, const Tensor& targets, const CrossEntropyOptions& options = {});

/// -log_probs[i, targets[i]]. The options are those of cross_entropy, without smoothing.
Tensor nll_loss(const Tensor& log_probs, const Tensor& targets, const CrossEntropyOptions& options = {});

/// (prediction - target)^2
Tensor mse_loss(const Tensor& prediction, const Tensor& target, Reduction reduction = Reduction::mean);
/// |prediction - target|
Tensor l1_loss(const Tensor& prediction, const Tensor& target, Reduction reduction = Reduction::mean);
/// 0.5 d^2 where |d| <= delta, else delta (|d| - 0.5 delta), d = prediction - target: an outlier pulls with delta at
/// most (Huber 1964). Throws UsageError unless delta > 0.
Tensor huber_loss(const Tensor& prediction, const Tensor& target, double delta = 1,
                  Reduction reduction = Reduction::mean);
/// -t log sigmoid(x) - (1 - t) log(1 - sigmoid(x)), as softplus(x) - t x: no overflow.
Tensor bce_with_logits(const Tensor& logits, const Tensor& target, Reduction reduction = Reduction::mean);

}  // namespace grus
