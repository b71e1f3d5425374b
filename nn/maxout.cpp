#include "nn/maxout.h"

#include "ops/reduce.h"

namespace grus::nn {

Tensor maxout(const Tensor& x, int64_t pieces) {
  require(x.rank() >= 1 && pieces >= 1 && x.dim(-1) % pieces == 0,
          "[maxout] need x (..., F) with F a multiple of the {} pieces, got {}", pieces, x.shape());
  Shape groups = x.shape().with(x.rank() - 1, x.dim(-1) / pieces);
  groups.push_back(pieces);
  return max(x.reshape(groups), -1);
}

Maxout::Maxout(int64_t in, int64_t out, int64_t count, Rng& rng)
    : pieces(count), linear(child("linear", Linear(in, out * count, rng))) {}

}  // namespace grus::nn
