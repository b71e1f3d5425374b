#pragma once
// Draws from distributions. Numbers are counted, not streamed (core/tensor/random.h): the same on every device.
#include <span>

#include "core/tensor/random.h"

namespace grus {

/// Returns the numbers 0 ... count - 1 in random order, i64; ordered on the host. Throws UsageError unless count is in
/// [0, 2^32).
Tensor random_permutation(int64_t count, Rng& rng = default_rng(), Device device = default_device());
/// y = 1 with probability p of each element, else 0, of p's dtype; no gradient. A p outside [0, 1] counts as the nearer
/// end. f32 or f64.
Tensor bernoulli(const Tensor& p, Rng& rng = default_rng());

struct CategoricalOptions {
  double temperature = 1;  // logits are divided by it; 0 takes the largest, the first of equal ones
  int64_t top_k = 0;       // only the k largest are drawn (equal ones in the order of their ids); 0: all
  double top_p = 1;  // only the fewest, largest first, whose probabilities reach p (nucleus; Holtzman et al. 2020)
};
/// Draws an id of each row with probability softmax(logits / temperature).   logits (..., V) -> (...) i64. An -inf is
/// never drawn. Computed in f64 on the host, which waits for the device. Throws UsageError for options out of range,
/// for a row with a NaN or +inf, or of -inf alone; ShapeError without classes, DtypeError unless f32 or f64.
Tensor categorical(const Tensor& logits, const CategoricalOptions& options = {}, Rng& rng = default_rng());
/// Draws as categorical does, by a number in [0, 1) for each row: the first id whose cumulative share is above it.
Tensor categorical(const Tensor& logits, std::span<const double> uniforms, const CategoricalOptions& options = {});

/// y = softmax((logits + g) / temperature) along `axis`, g from the standard Gumbel distribution: a draw of one class
/// with a gradient (Jang et al. 2017; Maddison et al. 2017). With `hard` y is one-hot, and its gradient that of the
/// soft one (straight through). Throws UsageError unless temperature > 0, and as softmax does.
Tensor gumbel_softmax(const Tensor& logits, double temperature = 1, bool hard = false, int axis = -1,
                      Rng& rng = default_rng());

}  // namespace grus
