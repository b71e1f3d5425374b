#pragma once
// Layers of a transformer (Vaswani et al. 2017) with PyTorch's names and values. Sequences are time-major, (T, B, E),
// as PyTorch's are with batch_first=False; packed rows (N, E) compute nothing for padding.
#include "nn/transformer_decoder.h"
#include "nn/transformer_options.h"

namespace grus::nn {

/// x = norm1(x + attention(x)), y = norm2(x + linear2(activation(linear1(x)))); with norm_first the norms stand before
/// the parts.   x (T, B, E) -> y (T, B, E).
class TransformerEncoderLayer : public Module<TransformerEncoderLayer> {
 public:
  explicit TransformerEncoderLayer(TransformerOptions options, Rng& rng = default_rng());
  Tensor forward(const Tensor& x, const AttentionCall& call = {}) const;
  /// Takes packed rows (N, E).
  Tensor forward_packed(const Tensor& x, const Lengths& lengths, const AttentionCall& call = {}) const;
  /// Takes the next steps (n, B, E), which see those before them; `past` grows by them.
  Tensor extend(const Tensor& x, KeyValues& past) const;

  TransformerOptions options;
  MultiheadAttention self_attn;
  Linear linear1, linear2;
  LayerNorm norm1, norm2;

 private:
  template <class Attend>
  Tensor run(const Tensor& x, const Lengths* packed, const Attend& attend) const;
  Dropout dropout_;
};

/// `layers` encoder layers and, with `norm`, a layer norm behind them (as PyTorch's TransformerEncoder that is given
/// one). Parameters are "layers.0.self_attn.in_proj_weight", ..., "norm.weight". A language model calls it with
/// .causal = true.
class TransformerEncoder : public Module<TransformerEncoder> {
 public:
  TransformerEncoder(int64_t layers, TransformerOptions options, bool norm = false, Rng& rng = default_rng());
  Tensor forward(const Tensor& x, const AttentionCall& call = {}) const;
  Tensor forward_packed(const Tensor& x, const Lengths& lengths, const AttentionCall& call = {}) const;
  /// Takes the next steps (n, B, E); `past` has an entry a layer, and is empty before the first step.
  Tensor extend(const Tensor& x, std::vector<KeyValues>& past) const;

  std::vector<TransformerEncoderLayer> layers;
  std::optional<LayerNorm> norm;
};

}  // namespace grus::nn
