#include "ops/math/dropout.h"

#include "ops/math/elementwise.h"

namespace grus {
namespace {

void check(const char* op, const Tensor& x, double p) {
  require_float(op, x);
  require<UsageError>(p >= 0 && p < 1, "[{}] need a probability in [0, 1), got {}", op, p);
}

}  // namespace

Tensor dropout(const Tensor& x, double p, Rng& rng, const Tensor& row_ids) {
  check("dropout", x, p);
  if (p == 0) return x;
  require<UsageError>(!row_ids.defined() || x.rank() >= 1, "[dropout] need x (N, ...) beside row ids, got {}",
                      x.shape());
  return x * random_keep_mask(x.shape(), p, rng, x.dtype(), x.device(), row_ids, "dropout");
}

Tensor locked_dropout(const Tensor& x, double p, Rng& rng) {
  check("locked_dropout", x, p);
  require(x.rank() == 3, "[locked_dropout] need x (T, B, F), got {}", x.shape());
  if (p == 0) return x;
  return x * random_keep_mask(x.shape().with(0, 1), p, rng, x.dtype(), x.device());
}

}  // namespace grus
