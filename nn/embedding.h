#pragma once
#include <optional>

#include "nn/module.h"

namespace grus::nn {

struct EmbeddingOptions {
  int64_t count, width;                                 // V, E
  std::optional<int64_t> padding_index = std::nullopt;  // this row starts as zeros and gets no gradient from here
};

/// y[i...] = weight[ids[i...]].   ids (...) i32 or i64 -> y (..., E).   Starts from N(0, 1), as PyTorch's.
class Embedding : public Module<Embedding> {
 public:
  explicit Embedding(EmbeddingOptions options, Rng& rng = default_rng());
  Tensor forward(const Tensor& ids) const;

  /// Writes zeros into the padding row: after another initialiser.
  void zero_padding();

  EmbeddingOptions options;
  Parameter weight;  // (V, E)
};

}  // namespace grus::nn
