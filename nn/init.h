#pragma once
// First values of parameters. Each function gives a new f32 tensor: param("weight", init::xavier_uniform({out, in},
// rng)), or later p.assign(init::orthogonal(p.shape(), rng)). Fans are those of a weight (out, in): fan_in = in,
// fan_out = out. They draw from default_rng(), as dropout does, unless they get another generator.
#include "core/tensor/random.h"
#include "nn/parameter.h"

namespace grus::nn::init {

Tensor zeros(const Shape& shape);
Tensor ones(const Shape& shape);
Tensor constant(const Shape& shape, double value);
/// U[low, high)
Tensor uniform(const Shape& shape, double low, double high, Rng& rng = default_rng());
/// N(mean, deviation^2)
Tensor normal(const Shape& shape, double mean, double deviation, Rng& rng = default_rng());
/// U(-b, b), b = 1 / sqrt(fan_in): PyTorch's default for Linear.
Tensor uniform_fan_in(const Shape& shape, Rng& rng = default_rng());

/// Glorot and Bengio 2010: variance gain^2 * 2 / (fan_in + fan_out). Throws ShapeError unless the rank is at least 2.
Tensor xavier_uniform(const Shape& shape, Rng& rng = default_rng(), double gain = 1);
Tensor xavier_normal(const Shape& shape, Rng& rng = default_rng(), double gain = 1);

enum class Fan { in, out };
/// He et al. 2015: variance 2 / ((1 + slope^2) fan), for rectifiers whose negative side has `slope`.
Tensor kaiming_uniform(const Shape& shape, Rng& rng = default_rng(), double slope = 0, Fan fan = Fan::in);
Tensor kaiming_normal(const Shape& shape, Rng& rng = default_rng(), double slope = 0, Fan fan = Fan::in);

/// Orthonormal rows or columns, whichever are fewer, times gain (Saxe et al. 2014). `blocks`: the leading axis is that
/// many matrices, each orthogonal by itself (a GRU's weight_hh: 3). Throws ShapeError unless (m, n) with m a multiple
/// of blocks.
Tensor orthogonal(const Shape& shape, Rng& rng = default_rng(), double gain = 1, int64_t blocks = 1);

/// While one lives, what would be drawn on this thread is 0 instead, and nothing is drawn: for a model whose weights
/// come from a file.
class Skip {
 public:
  Skip();
  ~Skip();
  Skip(const Skip&) = delete;
  Skip& operator=(const Skip&) = delete;
};

}  // namespace grus::nn::init
