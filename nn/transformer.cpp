#include "nn/transformer.h"

#include "nn/transformer_parts.h"

namespace grus::nn {

TransformerEncoderLayer::TransformerEncoderLayer(TransformerOptions given, Rng& rng)
    : options(checked("TransformerEncoderLayer", given)),
      self_attn(child("self_attn", MultiheadAttention(attention_of(options, true), rng))),
      linear1(child("linear1", Linear(options.width, options.hidden, rng, {.bias = options.bias}))),
      linear2(child("linear2", Linear(options.hidden, options.width, rng, {.bias = options.bias}))),
      norm1(child("norm1", LayerNorm(options.width, {.eps = options.eps, .bias = options.bias}))),
      norm2(child("norm2", LayerNorm(options.width, {.eps = options.eps, .bias = options.bias}))),
      dropout_(child("dropout", Dropout(options.dropout))) {}

template <class Attend>
Tensor TransformerEncoderLayer::run(const Tensor& x, const Lengths* packed, const Attend& attend) const {
  const Tensor y = with_residual(x, norm1, options.norm_first, dropout_, packed, attend);
  return with_residual(y, norm2, options.norm_first, dropout_, packed, [&](const Tensor& normed) {
    return feed_forward(normed, linear1, linear2, options.activation, dropout_, packed);
  });
}

Tensor TransformerEncoderLayer::forward(const Tensor& x, const AttentionCall& call) const {
  return run(x, nullptr, [&](const Tensor& normed) { return self_attn(normed, call).y; });
}

Tensor TransformerEncoderLayer::forward_packed(const Tensor& x, const Lengths& lengths,
                                               const AttentionCall& call) const {
  return run(x, &lengths, [&](const Tensor& normed) { return self_attn.forward_packed(normed, lengths, call).y; });
}

Tensor TransformerEncoderLayer::extend(const Tensor& x, KeyValues& past) const {
  return run(x, nullptr, [&](const Tensor& normed) { return self_attn.extend(normed, past).y; });
}

TransformerEncoder::TransformerEncoder(int64_t count, TransformerOptions options, bool with_norm, Rng& rng) {
  require<UsageError>(count >= 0, "[TransformerEncoder] need a count of layers, got {}", count);
  std::vector<TransformerEncoderLayer> made;
  for (int64_t i = 0; i < count; ++i) made.push_back(TransformerEncoderLayer(options, rng));
  layers = child("layers", std::move(made));
  if (with_norm) norm = child("norm", LayerNorm(options.width, {.eps = options.eps, .bias = options.bias}));
}

Tensor TransformerEncoder::forward(const Tensor& x, const AttentionCall& call) const {
  Tensor y = x;
  for (const TransformerEncoderLayer& layer : layers) y = layer(y, call);
  return norm ? (*norm)(y) : y;
}

Tensor TransformerEncoder::forward_packed(const Tensor& x, const Lengths& lengths, const AttentionCall& call) const {
  Tensor y = x;
  for (const TransformerEncoderLayer& layer : layers) y = layer.forward_packed(y, lengths, call);
  return norm ? (*norm)(y) : y;
}

Tensor TransformerEncoder::extend(const Tensor& x, std::vector<KeyValues>& past) const {
  if (past.empty()) past.resize(layers.size());
  require_past("TransformerEncoder", past, layers.size());
  Tensor y = x;
  for (size_t i = 0; i < layers.size(); ++i) y = layers[i].extend(y, past[i]);
  return norm ? (*norm)(y) : y;
}

}  // namespace grus::nn
