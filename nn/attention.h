#pragma once
// Attention over a batch of source sequences: weights = softmax(scores), context = sum_s weights[s] values[s].
//   additive  e[s] = v . tanh(W_q q + b + W_k values[s])   Bahdanau et al. 2014, A.1.2
//   dot       e[s] = q . values[s]                         Luong et al. 2015
//   general   e[s] = q . (W_k values[s])                   Luong et al. 2015
#include <optional>

#include "nn/linear.h"
#include "ops/attention.h"

namespace grus {
/// What a hook sees of a call of nn::Attention.
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
  int64_t hidden = 0;   // A (additive); 0: Q
  bool bias = true;     // b (additive)
  bool scaled = false;  // dot and general: scores / sqrt(Q)
};

/// Source states with their keys, projected once for all queries.
struct [[nodiscard]] PreparedMemory {
  AttentionMemory packed;     // additive
  AttentionRows rows;         // additive: query b looks at source b
  Tensor keys, values, mask;  // dot, general: (B, S, Q), (B, S, C), (B, 1, S)
  int64_t batch = 0;
};

/// auto memory = attention.prepare(states, lengths);  auto [context, weights] = attention(query, memory);
class Attention : public Module<Attention> {
 public:
  explicit Attention(AttentionOptions options, Rng& rng = default_rng());

  /// states (S, B, C). Throws ShapeError.
  PreparedMemory prepare(const Tensor& states) const;
  PreparedMemory prepare(const Tensor& states, const Lengths& lengths) const;
  /// query (B, Q) -> context (B, C), weights (B, S); or (T, B, Q) -> (T, B, C), (T, B, S). Weights are zero past the
  /// lengths, and a source of length 0 gives a zero context.
  AttentionOutput forward(const Tensor& query, const PreparedMemory& memory) const;

  AttentionOptions options;
  std::optional<Linear> query;  // additive: "query.weight" (A, Q), "query.bias" (A)
  std::optional<Linear> key;    // additive: "key.weight" (A, C); general: "key.weight" (Q, C)
  Parameter v;                  // additive: "v" (A)

 private:
  AttentionOutput additive(const Tensor& queries, const PreparedMemory& memory) const;
  AttentionOutput multiplicative(const Tensor& queries, const PreparedMemory& memory) const;
};

}  // namespace grus::nn
