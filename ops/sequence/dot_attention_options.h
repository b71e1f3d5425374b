#pragma once
#include <optional>

#include "core/tensor/lengths.h"
#include "core/tensor/random.h"

namespace grus {

struct DotAttentionOptions {
  Tensor mask = {};     // bool, true where a query may look, or numbers added to e; broadcasts to e's shape
  bool causal = false;  // whether query t sees keys s <= t + past alone
  int64_t past = 0;     // how many keys stand before the first query, as those of earlier calls
  std::optional<double> scale = {};     // 1 / sqrt(D)
  double dropout = 0;                   // of p; the others are divided by 1 - dropout
  Rng* rng = nullptr;                   // for dropout; default_rng()
  std::optional<Lengths> lengths = {};  // how many keys each sequence has
};

struct [[nodiscard]] DotAttentionOutput {
  Tensor y, weights;  // weights p, (..., T, S) or (B, H, T, S)
};

}  // namespace grus
