#include "data/text/ctc_path.h"

#include <algorithm>

#include "core/base/error.h"

namespace grus::data {

std::vector<std::vector<CtcSymbol>> ctc_best_path(const Tensor& log_probs, const std::vector<int64_t>& lengths,
                                                  int64_t blank) {
  require<ShapeError>(log_probs.rank() == 3 && log_probs.dim(1) == std::ssize(lengths) && log_probs.dim(2) > 0,
                      "[ctc_best_path] need log_probs (T, {}, C), got {}", lengths.size(), log_probs.shape());
  for (const int64_t length : lengths)
    require<ShapeError>(length >= 0 && length <= log_probs.dim(0), "[ctc_best_path] need lengths of 0 to {}, got {}",
                        log_probs.dim(0), length);
  const std::vector<float> values = log_probs.detach().to_vector<float>();
  const int64_t batch = log_probs.dim(1), classes = log_probs.dim(2);
  std::vector<std::vector<CtcSymbol>> all(lengths.size());
  for (int64_t b = 0; b < batch; ++b) {
    std::vector<CtcSymbol>& path = all[static_cast<size_t>(b)];
    int64_t before = blank;
    for (int64_t t = 0; t < lengths[static_cast<size_t>(b)]; ++t) {
      const auto first = values.begin() + (t * batch + b) * classes;
      const int64_t best = std::max_element(first, first + classes) - first;
      if (best != blank && best == before) path.back().end = t + 1;
      else if (best != blank) path.push_back({best, t, t + 1});
      before = best;
    }
  }
  return all;
}

}  // namespace grus::data
