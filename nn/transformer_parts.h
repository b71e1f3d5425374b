#pragma once
// What encoder and decoder layers share. Internal to nn.
#include "nn/transformer_options.h"
#include "ops/math/elementwise.h"

namespace grus::nn {

inline TransformerOptions checked(const char* name, const TransformerOptions& o) {
  require<UsageError>(
      o.width > 0 && o.heads > 0 && o.hidden > 0 && o.width % o.heads == 0,
      "[{}] need sizes of at least 1 and heads that divide the width, got width {}, heads {}, hidden {}", name, o.width,
      o.heads, o.hidden);
  return o;
}

inline MultiheadAttentionOptions attention_of(const TransformerOptions& o, bool itself) {
  MultiheadAttentionOptions attention{.width = o.width, .heads = o.heads, .dropout = o.dropout, .bias = o.bias};
  if (itself) attention.rotary = o.rotary;
  return attention;
}

/// Applies one part of a layer: x + part(norm(x)) with norm_first, else norm(x + part(x)); the part goes through
/// dropout.
template <class Part>
Tensor with_residual(const Tensor& x, const LayerNorm& norm, bool norm_first, const Dropout& dropout,
                     const Lengths* packed, const Part& part) {
  const Tensor y = part(norm_first ? norm(x) : x);
  const Tensor sum = x + (packed ? dropout(y, *packed) : dropout(y));
  return norm_first ? sum : norm(sum);
}

/// linear2(dropout(activation(linear1(x))))
inline Tensor feed_forward(const Tensor& x, const Linear& linear1, const Linear& linear2, FeedForward activation,
                           const Dropout& dropout, const Lengths* packed) {
  const Tensor inner = linear1(x), hidden = activation == FeedForward::relu ? relu(inner) : gelu(inner);
  return linear2(packed ? dropout(hidden, *packed) : dropout(hidden));
}

/// Throws UsageError, naming the module, unless there is an entry a layer.
template <class Past>
void require_past(const char* name, const std::vector<Past>& past, size_t layers) {
  require<UsageError>(past.size() == layers, "[{}] need a past of {} layers, got {}", name, layers, past.size());
}

}  // namespace grus::nn
