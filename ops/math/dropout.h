#pragma once
// Inverted dropout (Srivastava et al. 2014) scales kept elements by 1 / (1 - p), so that inference is the identity.
#include "core/tensor/random.h"
#include "core/tensor/tensor.h"

namespace grus {

/// y = x * mask, mask 0 with probability p, else 1 / (1 - p). With row_ids (i64, one a row of x (N, ...)) row i draws
/// the numbers of row row_ids[i]: packed rows so draw what padded ones would (Lengths::packed_rows), or one mask for
/// all steps (Lengths::batch_rows). Saves the mask. Throws UsageError unless 0 <= p < 1.
Tensor dropout(const Tensor& x, double p, Rng& rng = default_rng(), const Tensor& row_ids = Tensor());
/// y = x * mask with one mask (1, B, F) for all steps of x (T, B, F) (Gal and Ghahramani 2016).
Tensor locked_dropout(const Tensor& x, double p, Rng& rng = default_rng());

}  // namespace grus
