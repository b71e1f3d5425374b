#include "nn/positions.h"

#include "nn/init.h"
#include "ops/math/elementwise.h"
#include "ops/math/index.h"
#include "ops/math/shape.h"
#include "ops/sequence/positions.h"

namespace grus::nn {
namespace {

void require_steps(const char* name, const Tensor& x, int64_t width) {
  require_float(name, x);
  require(x.rank() == 3 && x.dim(2) == width, "[{}] need x (T, B, {}), got {}", name, width, x.shape());
}

void require_rows(const char* name, const Tensor& x, const Lengths& lengths, int64_t width) {
  require_float(name, x);
  require(x.shape() == Shape{lengths.total(), width}, "[{}] need packed x ({}, {}), got {}", name, lengths.total(),
          width, x.shape());
}

}  // namespace

LearntPositions::LearntPositions(int64_t steps, int64_t width, Rng& rng) {
  require<UsageError>(steps > 0 && width > 0, "[LearntPositions] need sizes of at least 1, got {} steps of {}", steps,
                      width);
  weight = param("weight", init::normal({steps, width}, 0, 0.02, rng));
}

Tensor LearntPositions::forward(const Tensor& x, int64_t first) const {
  const int64_t most = weight.value().dim(0);
  require_steps("LearntPositions", x, weight.value().dim(1));
  require(first >= 0 && first + x.dim(0) <= most, "[LearntPositions] need positions below {}, got {} to {}", most,
          first, first + x.dim(0) - 1);
  return x + unsqueeze(weight.tensor().rows(first, first + x.dim(0)), 1);
}

Tensor LearntPositions::forward_packed(const Tensor& x, const Lengths& lengths) const {
  const int64_t most = weight.value().dim(0);
  require_rows("LearntPositions", x, lengths, weight.value().dim(1));
  require(lengths.longest() <= most, "[LearntPositions] need sequences of at most {} steps, got {}", most,
          lengths.longest());
  return x + gather_rows(weight, packed_positions(lengths));
}

SinusoidalPositions::SinusoidalPositions(int64_t given_width, double given_base)
    : width(given_width), base(given_base) {
  require<UsageError>(width > 0 && base > 0,
                      "[SinusoidalPositions] need a width of at least 1 and a base above 0, got "
                      "{} and {}",
                      width, base);
}

Tensor SinusoidalPositions::forward(const Tensor& x, int64_t first) const {
  require_steps("SinusoidalPositions", x, width);
  return x + unsqueeze(sinusoidal_positions(x.dim(0), width, first, base, x.dtype(), x.device()), 1);
}

Tensor SinusoidalPositions::forward_packed(const Tensor& x, const Lengths& lengths) const {
  require_rows("SinusoidalPositions", x, lengths, width);
  const Tensor table = sinusoidal_positions(lengths.longest(), width, 0, base, x.dtype(), x.device());
  return x + gather_rows(table, packed_positions(lengths));
}

}  // namespace grus::nn
