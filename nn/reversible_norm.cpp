#include "nn/reversible_norm.h"

#include "nn/init.h"
#include "ops/math/elementwise.h"
#include "ops/math/moments.h"
#include "ops/math/reduce.h"
#include "ops/math/shape.h"

namespace grus::nn {
namespace {

void require_columns(const Tensor& x, int64_t columns) {
  require_float("ReversibleNorm", x);
  require(x.rank() == 3 && x.dim(2) == columns && x.dim(1) > 0, "[ReversibleNorm] need x (B, T, {}) with T > 0, got {}",
          columns, x.shape());
}

}  // namespace

ReversibleNorm::ReversibleNorm(int64_t columns, ReversibleNormOptions given) : options(given) {
  require<UsageError>(columns > 0, "[ReversibleNorm] need columns of at least 1, got {}", columns);
  require<UsageError>(options.eps > 0, "[ReversibleNorm] need an eps above 0, got {}", options.eps);
  if (!options.affine) return;
  weight = param("weight", init::ones({columns}));
  bias = param("bias", init::zeros({columns}));
}

Normed ReversibleNorm::forward(const Tensor& x) const {
  require_columns(x, weight.defined() ? weight.value().dim(0) : x.dim(-1));
  const bool last = options.center == ReversibleNormOptions::Center::last;
  Normed to;
  to.center = last ? slice(x, 1, x.dim(1) - 1) : mean(x, {1}, true);
  to.x = x - to.center;
  if (options.scale) {
    to.scale = sqrt(var(x, {1}, 0, true) + options.eps);
    to.x = to.x / to.scale;
  }
  if (weight.defined()) to.x = to.x * weight + bias;
  return to;
}

Tensor ReversibleNorm::inverse(const Tensor& y, const Normed& of) const {
  require_columns(y, of.center.dim(2));
  // A weight that comes near 0 must not make the forecast endless.
  const Tensor plain = weight.defined() ? (y - bias) / (weight + options.eps * options.eps) : y;
  return (of.scale.defined() ? plain * of.scale : plain) + of.center;
}

}  // namespace grus::nn
