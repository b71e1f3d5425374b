#pragma once
// Initialisers of parameters. Each returns a new f32 tensor: param("weight", init::xavier_uniform({out, in}, rng)), or
// later p.assign(init::orthogonal(p.shape(), rng)). A weight (out, in, ...) has fan_in = in * ..., fan_out = out * ...
// They draw from default_rng(), as dropout does, unless they get another generator.
#include "core/tensor/random.h"
#include "nn/parameter.h"

namespace grus::nn::init {

Tensor zeros(const Shape& shape);
Tensor ones(const Shape& shape);
Tensor constant(const Shape& shape, double value);
/// y ~ U[low, high).
Tensor uniform(const Shape& shape, double low, double high, Rng& rng = default_rng());
/// y ~ N(mean, deviation^2).
Tensor normal(const Shape& shape, double mean, double deviation, Rng& rng = default_rng());
/// y ~ U(-b, b), b = 1 / sqrt(fan_in), PyTorch's default for Linear. Throws ShapeError unless the rank is at least 2.
Tensor uniform_fan_in(const Shape& shape, Rng& rng = default_rng());

/// y has variance gain^2 * 2 / (fan_in + fan_out) (Glorot and Bengio 2010). Throws ShapeError unless the rank is at
/// least 2.
Tensor xavier_uniform(const Shape& shape, Rng& rng = default_rng(), double gain = 1);
Tensor xavier_normal(const Shape& shape, Rng& rng = default_rng(), double gain = 1);

enum class Fan { in, out };
/// y has variance 2 / ((1 + slope^2) fan), for rectifiers whose negative side has `slope` (He et al. 2015). Throws
/// ShapeError unless the rank is at least 2.
Tensor kaiming_uniform(const Shape& shape, Rng& rng = default_rng(), double slope = 0, Fan fan = Fan::in);
Tensor kaiming_normal(const Shape& shape, Rng& rng = default_rng(), double slope = 0, Fan fan = Fan::in);

/// y has orthonormal rows or columns, whichever are fewer, times gain (Saxe et al. 2014). The leading axis is `blocks`
/// matrices, each orthogonal by itself (a GRU's weight_hh has 3). Throws ShapeError unless the shape is (m, n) with m a
/// multiple of blocks.
Tensor orthogonal(const Shape& shape, Rng& rng = default_rng(), double gain = 1, int64_t blocks = 1);

/// While a Skip lives, initialisers of this thread draw nothing and give tensors that nobody has written, for weights
/// that all come from a file.
class Skip {
 public:
  Skip();
  ~Skip();
  Skip(const Skip&) = delete;
  Skip& operator=(const Skip&) = delete;
};

}  // namespace grus::nn::init
