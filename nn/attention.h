#pragma once
// Attention over a batch of source sequences: weights = softmax(e), context = sum_s weights[s] values[s].
//   additive  e[s] = v . tanh(W_q q + b + W_k values[s])   Bahdanau et al. 2014, A.1.2
//   dot       e[s] = q . values[s]                         Luong et al. 2015 (arXiv 1508.04025), section 3.1
//   general   e[s] = q . (W_k values[s])                   Luong et al. 2015, section 3.1
#include <optional>

#include "nn/linear.h"
#include "ops/sequence/attention.h"

namespace grus {
/// Hooks on nn::Attention see context and weights.
inline void collect_tensors(const AttentionOutput& output, std::vector<Tensor>& to) {
  to.insert(to.end(), {output.context, output.weights});
}
}  // namespace grus

namespace grus::nn {

enum class Score { additive, dot, general };

struct AttentionOptions {
  int64_t query;   // Q
  int64_t memory;  // C, the size of a source state
  Score score = Score::additive;
  int64_t hidden = 0;   // A, for additive scores; 0: Q
  bool bias = true;     // whether additive scores have b
  bool scaled = false;  // whether dot and general scores are divided by sqrt(Q)
};

/// A PreparedMemory is source states with their keys, projected once for all queries: query b looks at source b.
struct [[nodiscard]] PreparedMemory {
  /// Returns the memory of other queries, as those of a beam: query i looks at source sources[i] of this one, which
  /// prepare() made. Throws UsageError for an index outside the batch.
  PreparedMemory of(const std::vector<int64_t>& sources) const;
  /// Returns the memory of the first `count` queries.
  PreparedMemory first(int64_t count) const;

  AttentionMemory packed;     // for additive scores
  AttentionRows rows;         // for additive scores
  Tensor keys, values, mask;  // for dot and general scores: (B, S, Q), (B, S, C), (B, 1, S)
  int64_t batch = 0;
};

/// Attention looks queries up in a memory that is prepared once:
///
///   auto memory = attention.prepare(states, lengths);
///   auto [context, weights] = attention(query, memory);
class Attention : public Module<Attention> {
 public:
  explicit Attention(AttentionOptions options, Rng& rng = default_rng());

  /// Projects the keys of states (S, B, C); without lengths every source has length S. Throws ShapeError.
  PreparedMemory prepare(const Tensor& states) const;
  PreparedMemory prepare(const Tensor& states, const Lengths& lengths) const;
  /// Returns packed rows (N, C) with their keys, as cells::AttentionGru takes them. Throws UsageError unless scores are
  /// additive.
  AttentionMemory prepare_packed(const Tensor& rows, const Lengths& lengths) const;
  /// Attends: query (B, Q) -> context (B, C), weights (B, S); or (T, B, Q) -> (T, B, C), (T, B, S). Weights are zero
  /// past the lengths, and a source of length 0 gives a zero context.
  AttentionOutput forward(const Tensor& query, const PreparedMemory& memory) const;

  AttentionOptions options;
  std::optional<Linear> query;  // for additive scores: "query.weight" (A, Q), "query.bias" (A)
  std::optional<Linear> key;    // for additive scores: "key.weight" (A, C); for general ones: "key.weight" (Q, C)
  Parameter v;                  // for additive scores: "v" (A)

 private:
  AttentionOutput additive(const Tensor& queries, const PreparedMemory& memory) const;
  AttentionOutput multiplicative(const Tensor& queries, const PreparedMemory& memory) const;
};

}  // namespace grus::nn
