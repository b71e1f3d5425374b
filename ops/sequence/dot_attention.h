#pragma once
// Scaled dot-product attention (Vaswani et al. 2017):
//   e[t, s] = scale q[t] . k[s] + mask[t, s]      p[t] = softmax(e[t])      y[t] = sum_s p[t, s] v[s]
// On the host it is one kernel that holds a tile of e and never all of it, forward and backward; other devices compose
// it. A query that may see no key has y = 0, and its gradients are 0.
#include "ops/sequence/dot_attention_options.h"

namespace grus {

/// y = attention by q (..., T, D), k (..., S, D), v (..., S, E) -> y (..., T, E), as PyTorch's function of this name:
/// (B, H, T, D) has B sequences and H heads. Leading axes agree; the first is that of `lengths`. Saves q, k, v, y and
/// one number a query. A mask of numbers that needs a gradient has one, from the composed form. Throws ShapeError,
/// DtypeError, DeviceError, UsageError.
Tensor scaled_dot_product_attention(const Tensor& q, const Tensor& k, const Tensor& v,
                                    const DotAttentionOptions& options = {});

/// y = attention of `heads` heads that lie side by side.   q (T, B, H D), k (S, B, H D), v (S, B, H E) -> y (T, B, H
/// E);   the mask broadcasts to (B, H, T, S). Nothing is transposed or copied for it.
/// With `queries` q and y are packed rows (N, H D), as k and v are by options.lengths (none: by `queries` too); a mask
/// then counts steps of the padded batch. Throws as scaled_dot_product_attention does.
Tensor multihead_attention(const Tensor& q, const Tensor& k, const Tensor& v, int64_t heads,
                           const DotAttentionOptions& options = {}, const Lengths* queries = nullptr);

/// The composed twins, which hold all weights and give them too.
DotAttentionOutput scaled_dot_product_attention_composed(const Tensor& q, const Tensor& k, const Tensor& v,
                                                         const DotAttentionOptions& options = {});
DotAttentionOutput multihead_attention_composed(const Tensor& q, const Tensor& k, const Tensor& v, int64_t heads,
                                                const DotAttentionOptions& options = {},
                                                const Lengths* queries = nullptr);

}  // namespace grus
