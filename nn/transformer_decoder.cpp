#include "nn/transformer_decoder.h"

#include "nn/transformer_parts.h"

namespace grus::nn {

TransformerDecoderLayer::TransformerDecoderLayer(TransformerOptions given, Rng& rng)
    : options(checked("TransformerDecoderLayer", given)),
      self_attn(child("self_attn", MultiheadAttention(attention_of(options, true), rng))),
      multihead_attn(child("multihead_attn", MultiheadAttention(attention_of(options, false), rng))),
      linear1(child("linear1", Linear(options.width, options.hidden, rng, {.bias = options.bias}))),
      linear2(child("linear2", Linear(options.hidden, options.width, rng, {.bias = options.bias}))),
      norm1(child("norm1", LayerNorm(options.width, {.eps = options.eps, .bias = options.bias}))),
      norm2(child("norm2", LayerNorm(options.width, {.eps = options.eps, .bias = options.bias}))),
      norm3(child("norm3", LayerNorm(options.width, {.eps = options.eps, .bias = options.bias}))),
      dropout_(child("dropout", Dropout(options.dropout))) {}

template <class Attend, class Look>
Tensor TransformerDecoderLayer::run(const Tensor& x, const Lengths* packed, const Attend& attend,
                                    const Look& look) const {
  const bool first = options.norm_first;
  const Tensor own = with_residual(x, norm1, first, dropout_, packed, attend);
  const Tensor y = with_residual(own, norm2, first, dropout_, packed, look);
  return with_residual(y, norm3, first, dropout_, packed, [&](const Tensor& normed) {
    return feed_forward(normed, linear1, linear2, options.activation, dropout_, packed);
  });
}

Tensor TransformerDecoderLayer::forward(const Tensor& x, const Tensor& memory, const AttentionCall& call,
                                        const AttentionCall& memory_call) const {
  return run(
      x, nullptr, [&](const Tensor& normed) { return self_attn(normed, call).y; },
      [&](const Tensor& normed) { return multihead_attn(normed, memory, memory, memory_call).y; });
}

Tensor TransformerDecoderLayer::forward_packed(const Tensor& x, const Lengths& lengths, const Tensor& memory,
                                               const Lengths& memory_lengths, const AttentionCall& call) const {
  const AttentionCall of_memory{.lengths = memory_lengths};
  return run(
      x, &lengths, [&](const Tensor& normed) { return self_attn.forward_packed(normed, lengths, call).y; },
      [&](const Tensor& normed) {
        return multihead_attn.forward_packed(normed, lengths, memory, memory, of_memory).y;
      });
}

Tensor TransformerDecoderLayer::extend(const Tensor& x, DecoderPast& past, const AttentionCall& memory_call) const {
  return run(
      x, nullptr, [&](const Tensor& normed) { return self_attn.extend(normed, past.self).y; },
      [&](const Tensor& normed) { return multihead_attn(normed, past.memory, memory_call).y; });
}

TransformerDecoder::TransformerDecoder(int64_t count, TransformerOptions options, bool with_norm, Rng& rng) {
  require<UsageError>(count >= 0, "[TransformerDecoder] need a count of layers, got {}", count);
  std::vector<TransformerDecoderLayer> made;
  for (int64_t i = 0; i < count; ++i) made.push_back(TransformerDecoderLayer(options, rng));
  layers = child("layers", std::move(made));
  if (with_norm) norm = child("norm", LayerNorm(options.width, {.eps = options.eps, .bias = options.bias}));
}

Tensor TransformerDecoder::forward(const Tensor& x, const Tensor& memory, const AttentionCall& call,
                                   const AttentionCall& memory_call) const {
  Tensor y = x;
  for (const TransformerDecoderLayer& layer : layers) y = layer(y, memory, call, memory_call);
  return norm ? (*norm)(y) : y;
}

Tensor TransformerDecoder::forward_packed(const Tensor& x, const Lengths& lengths, const Tensor& memory,
                                          const Lengths& memory_lengths, const AttentionCall& call) const {
  Tensor y = x;
  for (const TransformerDecoderLayer& layer : layers)
    y = layer.forward_packed(y, lengths, memory, memory_lengths, call);
  return norm ? (*norm)(y) : y;
}

std::vector<DecoderPast> TransformerDecoder::begin(const Tensor& memory) const {
  std::vector<DecoderPast> past;
  for (const TransformerDecoderLayer& layer : layers) past.push_back(layer.begin(memory));
  return past;
}

Tensor TransformerDecoder::extend(const Tensor& x, std::vector<DecoderPast>& past,
                                  const AttentionCall& memory_call) const {
  require_past("TransformerDecoder", past, layers.size());
  Tensor y = x;
  for (size_t i = 0; i < layers.size(); ++i) y = layers[i].extend(y, past[i], memory_call);
  return norm ? (*norm)(y) : y;
}

}  // namespace grus::nn
