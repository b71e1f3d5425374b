#pragma once
#include <vector>

#include "ops/loss/loss.h"

namespace grus {

struct CtcLossOptions {
  int64_t blank = 0;
  /// The mean is that of losses over the lengths of their labels (at least 1), as PyTorch's.
  Reduction reduction = Reduction::mean;
  bool zero_infinity = false;  // sequences that no alignment fits count 0
};

/// loss = -log p(labels) of each sequence, over all alignments (connectionist temporal classification; Graves et al.
/// 2006).   log_probs (T, B, C), labels (sum of label_lengths) one behind another, or (B, L) of which the first ones
/// count; i32 or i64.   The gradient is that of log_probs as they are; through log_softmax it is PyTorch's. Infinite
/// losses have gradient 0. Saves log_probs, labels, the gradient. Throws ShapeError, DtypeError, UsageError.
Tensor ctc_loss(const Tensor& log_probs, const Tensor& labels, const std::vector<int64_t>& step_lengths,
                const std::vector<int64_t>& label_lengths, const CtcLossOptions& options = {});
/// The composed twin of ctc_loss: its forward sums in plain ops, in logarithms. Double backward takes it.
Tensor ctc_loss_composed(const Tensor& log_probs, const Tensor& labels, const std::vector<int64_t>& step_lengths,
                         const std::vector<int64_t>& label_lengths, const CtcLossOptions& options = {});

}  // namespace grus
