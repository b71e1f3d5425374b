#pragma once
#include <optional>

#include "nn/module.h"

namespace grus::nn {

struct EmbeddingOptions {
  int64_t count, width;                                 // V, E
  std::optional<int64_t> padding_index = std::nullopt;  // row that starts as zeros and that calls give no gradient
};

/// y[i...] = weight[ids[i...]].   ids (...) i32 or i64 -> y (..., E).   The weight starts from N(0, 1), as PyTorch's.
class Embedding : public Module<Embedding> {
 public:
  explicit Embedding(EmbeddingOptions options, Rng& rng = default_rng());
  Tensor forward(const Tensor& ids) const;

  /// Writes zeros into the padding row. Call it after another initialiser.
  void zero_padding();

  EmbeddingOptions options;
  Parameter weight;  // (V, E)
};

}  // namespace grus::nn
