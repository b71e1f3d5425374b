#include "seq2seq/protocols/clipped_adam.h"

#include "core/thread/recording.h"
#include "ops/math/elementwise.h"
#include "ops/math/moments.h"
#include "optim/clip.h"

namespace grus::seq2seq {

void ClippedAdam::update(optim::ParameterUpdate& p) {
  p.grad = p.grad * optim::clip_scale(norm(p.grad), limit_).reshape({});
  Adam::update(p);
}

// The norm is that of the gradient with its factors, and its own scale becomes one more of them.
bool ClippedAdam::update_fused(optim::FusedUpdate& p) {
  const NoGrad off;
  Tensor size = norm(p.grad) * p.args.grad_scale;
  if (p.factor.defined()) size = size * p.factor.reshape({});
  Tensor scale = optim::clip_scale(size, limit_);
  if (p.factor.defined()) scale = scale * p.factor.reshape({});
  p.args.factor = optim::flat(scale);
  return Adam::update_fused(p);
}

}  // namespace grus::seq2seq
