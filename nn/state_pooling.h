#pragma once
// The states of a sequence become one.
#include <optional>
#include <vector>

#include "core/tensor/lengths.h"
#include "nn/linear.h"
#include "nn/module.h"
#include "ops/sequence/scan.h"

namespace grus::nn {

enum class Pool { last, mean, max, attention };

struct StatePoolingOptions {
  int64_t states;              // D H: what a step has
  int64_t keys = 0;            // A, of attention; 0: as many as states
  bool bidirectional = false;  // two directions stand side by side in y; for Pool::last
  Pool pool = Pool::attention;
};

struct [[nodiscard]] PooledState {
  Tensor state;    // (B, D H)
  Tensor weights;  // (B, T) what each step counts for, adding up to 1; zeros behind a sequence's end
};
void collect_tensors(const PooledState& pooled, std::vector<Tensor>& to);

/// s = h_T | mean_t h_t | max_t h_t | sum_t a_t h_t, a = softmax_t(v . tanh(W h_t + b))   (Yang et al. 2016).
/// `last` is each direction's own last state. Parameters of attention: "key.weight" (A, D H), "key.bias", "query" (A).
class StatePooling : public Module<StatePooling> {
 public:
  explicit StatePooling(StatePoolingOptions options, Rng& rng = default_rng());
  /// Takes the output of a recurrent module's forward_packed: y (N, D H), h (L D, B, H). Every length must be above 0;
  /// throws UsageError.
  PooledState forward(const Output& out, const Lengths& lengths) const;

  StatePoolingOptions options;
  std::optional<Linear> key;
  Parameter query;
};

}  // namespace grus::nn
