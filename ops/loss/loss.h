#pragma once
// Losses. Prediction and target never broadcast: different shapes are a ShapeError that names both.
// Sources: loss.cpp, binary.cpp, cross_entropy.cpp, cross_entropy_parts.h, loss_parts.h.
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
/// loss = 0.5 d^2 / beta where |d| < beta, else |d| - 0.5 beta, d = prediction - target: huber_loss / beta, and l1_loss
/// where beta is 0 (Girshick 2015). Throws UsageError for a beta below 0.
Tensor smooth_l1_loss(const Tensor& prediction, const Tensor& target, double beta = 1,
                      Reduction reduction = Reduction::mean);

/// loss = -t log sigmoid(x) - (1 - t) log(1 - sigmoid(x)), computed as softplus(x) - t x, which does not overflow.
Tensor bce_with_logits(const Tensor& logits, const Tensor& target, Reduction reduction = Reduction::mean);

/// BceOptions are those of both binary cross-entropies; a row of several labels, each 0 or 1, is multi-label.
struct BceOptions {
  Tensor weight = Tensor();      // of each element, or undefined for 1; broadcasts to the target
  Tensor pos_weight = Tensor();  // of t = 1, as (classes of 0) / (classes of 1); broadcasts. bce_with_logits alone
  double label_smoothing = 0;    // s in [0, 1]: targets are t (1 - s) + s / 2
  Reduction reduction = Reduction::mean;
};
/// loss = -w (p t log sigmoid(x) + (1 - t) log(1 - sigmoid(x))), without overflow; w and p are the options' weights.
/// Throws ShapeError for weights that do not broadcast, UsageError for a smoothing outside [0, 1].
Tensor bce_with_logits(const Tensor& logits, const Tensor& target, const BceOptions& options);
/// loss = -w (t log y + (1 - t) log(1 - y)) of probabilities y; logarithms are at least -100, as PyTorch's. Throws as
/// bce_with_logits does, and UsageError for a pos_weight.
Tensor binary_cross_entropy(const Tensor& probabilities, const Tensor& target, const BceOptions& options = {});

struct KlDivOptions {
  bool log_target = false;  // the target holds log p instead of p
  bool batch_mean =
      false;  // the sum over the size of axis 0, which is the divergence's mean; `reduction` does not count
  Reduction reduction = Reduction::mean;
};
/// loss = p (log p - log q) of each element, 0 where p is 0 (Kullback and Leibler 1951).   log_q and the target p of
/// one shape. Throws ShapeError, DtypeError.
Tensor kl_div(const Tensor& log_q, const Tensor& target, const KlDivOptions& options = {});

}  // namespace grus
