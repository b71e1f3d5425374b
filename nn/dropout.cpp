#include "nn/dropout.h"

#include "ops/math/dropout.h"

namespace grus::nn {

namespace {
double probability(double p) {
  require<UsageError>(p >= 0 && p < 1, "[Dropout] need a probability in [0, 1), got {}", p);
  return p;
}
}  // namespace

Dropout::Dropout(double probability_of_zero) : p(probability(probability_of_zero)) {}

Tensor Dropout::forward(const Tensor& x) const { return p > 0 && is_training() ? dropout(x, p) : x; }

Tensor Dropout::forward(const Tensor& x, const Lengths& lengths) const {
  return p > 0 && is_training() ? dropout(x, p, default_rng(), lengths.packed_rows()) : x;
}

LockedDropout::LockedDropout(double probability_of_zero) : p(probability(probability_of_zero)) {}

Tensor LockedDropout::forward(const Tensor& x) const { return p > 0 && is_training() ? locked_dropout(x, p) : x; }

Tensor LockedDropout::forward(const Tensor& x, const Lengths& lengths) const {
  return p > 0 && is_training() ? dropout(x, p, default_rng(), lengths.batch_rows()) : x;
}

}  // namespace grus::nn
