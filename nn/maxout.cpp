#include "nn/maxout.h"

#include "ops/math/reduce.h"

namespace grus::nn {

Tensor maxout(const Tensor& x, int64_t pieces) {
  require<UsageError>(x.defined(), "[maxout] need a tensor, got an undefined one");
  require(x.rank() >= 1 && pieces >= 1 && x.dim(-1) % pieces == 0,
          "[maxout] need x (..., F) with F a multiple of the {} pieces, got {}", pieces, x.shape());
  Shape groups = x.shape().with(x.rank() - 1, x.dim(-1) / pieces);
  groups.push_back(pieces);
  return amax(x.reshape(groups), -1);
}

namespace {
int64_t units(int64_t out, int64_t count) {
  require<UsageError>(out > 0 && count > 0, "[Maxout] need sizes of at least 1, got {} outputs of {} pieces", out,
                      count);
  return product_of_sizes(out, count, "Maxout");
}
}  // namespace

Maxout::Maxout(int64_t in, int64_t out, int64_t count, Rng& rng)
    : pieces(count), linear(child("linear", Linear(in, units(out, count), rng))) {}

}  // namespace grus::nn
