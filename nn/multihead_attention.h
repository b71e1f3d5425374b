#pragma once
// Attention of several heads (Vaswani et al. 2017): softmax(q k^T / sqrt(E / H)) v for each head, then one projection.
// Sequences are time-major, (T, B, E), as PyTorch's are with batch_first=False; packed rows (N, E) have no padding.
#include <optional>

#include "nn/linear.h"
#include "ops/sequence/dot_attention.h"
#include "ops/sequence/positions.h"

namespace grus {
/// Hooks see y and, where they were asked for, the weights.
inline void collect_tensors(const DotAttentionOutput& output, std::vector<Tensor>& to) {
  to.push_back(output.y);
  if (output.weights.defined()) to.push_back(output.weights);
}
}  // namespace grus

namespace grus::nn {

struct MultiheadAttentionOptions {
  int64_t width, heads;               // E, H; H divides E
  double dropout = 0;                 // of the weights, in training
  bool bias = true;                   // of all projections
  int64_t key = 0, value = 0;         // sizes of the keys and values that are given; 0: E
  std::optional<Rotary> rotary = {};  // turns projected queries and keys by their positions; none: no positions
};

/// Says how one call attends. Where a mask of bools is true a query may look: PyTorch's module says the opposite.
struct AttentionCall {
  Tensor mask = {};                     // broadcasts to (B, H, T, S): bool, or numbers that are added to the scores
  bool causal = false;                  // step t sees the steps up to its own
  std::optional<Lengths> lengths = {};  // of the keys: nothing looks at padding
  bool weights = false;  // give the weights too, (B, T, S), the mean of all heads. Nothing is fused then.
};

/// Projected keys and values (S, B, E) of what is looked at: a memory, or the steps so far.
struct KeyValues {
  Tensor keys, values;
  int64_t steps() const { return keys.defined() ? keys.dim(0) : 0; }
  /// Returns those of sequences ids (i64), as a beam search goes on with them.
  KeyValues select(const Tensor& ids) const;
};

/// MultiheadAttention has the parameters of torch.nn.MultiheadAttention: in_proj_weight (3E, E), or q_proj_weight,
/// k_proj_weight and v_proj_weight where keys or values have sizes of their own, in_proj_bias, out_proj.
///
///   auto [y, weights] = attention(x, AttentionCall{.causal = true});
class MultiheadAttention : public Module<MultiheadAttention> {
 public:
  explicit MultiheadAttention(MultiheadAttentionOptions options, Rng& rng = default_rng());
  /// Attends to x itself.   x (T, B, E) -> y (T, B, E).   Throws ShapeError, DtypeError, DeviceError, UsageError.
  DotAttentionOutput forward(const Tensor& x, const AttentionCall& call = {}) const { return forward(x, x, x, call); }
  /// Takes query (T, B, E), key (S, B, K) and value (S, B, V).
  DotAttentionOutput forward(const Tensor& query, const Tensor& key, const Tensor& value,
                             const AttentionCall& call = {}) const;
  /// Takes packed rows of x (N, E), and gives packed y.
  DotAttentionOutput forward_packed(const Tensor& x, const Lengths& lengths, const AttentionCall& call = {}) const {
    return forward_packed(x, lengths, x, x, call);
  }
  /// Takes packed rows all; call.lengths are those of key and value, or as the queries'.
  DotAttentionOutput forward_packed(const Tensor& query, const Lengths& lengths, const Tensor& key, const Tensor& value,
                                    const AttentionCall& call = {}) const;

  /// Projects a memory once, for queries that come step by step.
  KeyValues project(const Tensor& key, const Tensor& value) const;
  /// Takes a projected memory.
  DotAttentionOutput forward(const Tensor& query, const KeyValues& memory, const AttentionCall& call = {}) const;
  /// Attends from the next steps x (n, B, E) to all steps so far and, causally, to themselves; `past` grows by them.
  DotAttentionOutput extend(const Tensor& x, KeyValues& past, const AttentionCall& call = {}) const;

  MultiheadAttentionOptions options;
  Parameter in_proj_weight, q_proj_weight, k_proj_weight, v_proj_weight, in_proj_bias;
  Linear out_proj;

 private:
  enum class Part { query, key, value };
  Tensor projected(const Tensor& x, Part part) const;
  DotAttentionOutput attend(const Tensor& q, const KeyValues& memory, const AttentionCall& call, int64_t past,
                            const Lengths* packed) const;
};

}  // namespace grus::nn
