#include "nn/state_pooling.h"

#include "core/base/error.h"
#include "nn/init.h"
#include "ops/math/elementwise.h"
#include "ops/math/index.h"
#include "ops/math/reduce.h"
#include "ops/math/shape.h"
#include "ops/sequence/attention.h"
#include "ops/sequence/sequence.h"

namespace grus::nn {
namespace {

// What a step counts for is the share of features that are largest there.
PooledState largest(const Output& out, const Lengths& lengths) {
  const Tensor padding = logical_not(lengths.mask()).transpose(0, 1).reshape({lengths.steps(), lengths.batch(), 1});
  const Tensor y = masked_fill(unpack(out.y, lengths), padding, -1e9);
  const Tensor top = amax(y, {0});
  return {top, mean(cast(equal(y.detach(), top.detach()), y.dtype()), {2}).transpose(0, 1)};
}

PooledState attended(const StatePooling& of, const Output& out, const Lengths& lengths) {
  std::vector<int64_t> all(static_cast<size_t>(lengths.batch()));
  for (size_t b = 0; b < all.size(); ++b) all[b] = static_cast<int64_t>(b);
  const Tensor zeros = Tensor::zeros({lengths.batch(), of.query.shape()[0]}, out.y.dtype(), out.y.device());
  const AttentionOutput looked =
      additive_attention(zeros, {(*of.key)(out.y), out.y, lengths}, attention_rows(lengths, all), of.query);
  return {looked.context, looked.weights};
}

}  // namespace

void collect_tensors(const PooledState& pooled, std::vector<Tensor>& to) {
  to.push_back(pooled.state);
  to.push_back(pooled.weights);
}

StatePooling::StatePooling(StatePoolingOptions o, Rng& rng) : options(o) {
  if (options.keys == 0) options.keys = o.states;
  if (o.pool != Pool::attention) return;
  key = child("key", Linear(o.states, options.keys, rng));
  query = param("query", init::normal({options.keys}, 0, 0.1, rng));
}

PooledState StatePooling::forward(const Output& out, const Lengths& lengths) const {
  require<UsageError>(lengths.batch() == 0 || lengths.shortest() > 0,
                      "[state_pooling] need sequences of 1 step or more, got one without a step");
  if (options.pool == Pool::attention) return attended(*this, out, lengths);
  if (options.pool == Pool::max) return largest(out, lengths);
  const Tensor real = cast(lengths.mask(), out.y.dtype());  // (B, T)
  const Tensor even = real / sum(real, {1}, true);
  if (options.pool == Pool::mean) {
    const Tensor counts = cast(lengths.lengths_tensor(), out.y.dtype()).reshape({lengths.batch(), 1});
    return {sum(unpack(out.y, lengths), {0}) / counts, even};
  }
  const Tensor& h = out.state.h;  // (L D, B, H)
  return {options.bidirectional ? concat({h[-2], h[-1]}, 1) : h[-1], even};
}

}  // namespace grus::nn
