#pragma once
// What the frames of a network trained by ctc_loss spell.
#include <cstdint>
#include <vector>

#include "core/tensor/tensor.h"

namespace grus::data {

struct CtcSymbol {
  int64_t id = 0;
  int64_t begin = 0, end = 0;  // frames [begin, end) that say it
};

/// Returns the best path of each sequence: the likeliest symbol of every frame, repetitions joined, blanks left out
/// (Graves et al. 2006, 3.2).   log_probs (T, B, C), of which the first lengths[b] frames of sequence b count. It is
/// not always the likeliest labelling, which sums over paths. Throws ShapeError for other lengths.
std::vector<std::vector<CtcSymbol>> ctc_best_path(const Tensor& log_probs, const std::vector<int64_t>& lengths,
                                                  int64_t blank = 0);

}  // namespace grus::data
