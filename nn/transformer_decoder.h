#pragma once
// Decoder layers of a transformer, which look at a memory as well as at the steps before.
#include "nn/transformer_options.h"

namespace grus::nn {

/// What a decoder layer keeps while it decodes: its steps so far, and the memory's keys and values.
struct DecoderPast {
  KeyValues self, memory;
};

/// x = norm1(x + self_attn(x)), x = norm2(x + multihead_attn(x, memory)), y = norm3(x + feed-forward(x)); norms first
/// with norm_first.   x (T, B, E), memory (S, B, E) -> y (T, B, E).
class TransformerDecoderLayer : public Module<TransformerDecoderLayer> {
 public:
  explicit TransformerDecoderLayer(TransformerOptions options, Rng& rng = default_rng());
  Tensor forward(const Tensor& x, const Tensor& memory, const AttentionCall& call = {},
                 const AttentionCall& memory_call = {}) const;
  /// Takes packed rows of both.
  Tensor forward_packed(const Tensor& x, const Lengths& lengths, const Tensor& memory, const Lengths& memory_lengths,
                        const AttentionCall& call = {}) const;
  /// Takes the next steps (n, B, E), which see those before them; `past` is made by begin().
  Tensor extend(const Tensor& x, DecoderPast& past, const AttentionCall& memory_call = {}) const;
  DecoderPast begin(const Tensor& memory) const { return {{}, multihead_attn.project(memory, memory)}; }

  TransformerOptions options;
  MultiheadAttention self_attn, multihead_attn;
  Linear linear1, linear2;
  LayerNorm norm1, norm2, norm3;

 private:
  template <class Attend, class Look>
  Tensor run(const Tensor& x, const Lengths* packed, const Attend& attend, const Look& look) const;
  Dropout dropout_;
};

/// `layers` decoder layers and, with `norm`, a layer norm behind them.
class TransformerDecoder : public Module<TransformerDecoder> {
 public:
  TransformerDecoder(int64_t layers, TransformerOptions options, bool norm = false, Rng& rng = default_rng());
  Tensor forward(const Tensor& x, const Tensor& memory, const AttentionCall& call = {},
                 const AttentionCall& memory_call = {}) const;
  Tensor forward_packed(const Tensor& x, const Lengths& lengths, const Tensor& memory, const Lengths& memory_lengths,
                        const AttentionCall& call = {}) const;
  std::vector<DecoderPast> begin(const Tensor& memory) const;
  Tensor extend(const Tensor& x, std::vector<DecoderPast>& past, const AttentionCall& memory_call = {}) const;

  std::vector<TransformerDecoderLayer> layers;
  std::optional<LayerNorm> norm;
};

}  // namespace grus::nn
