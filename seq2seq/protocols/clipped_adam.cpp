#include "seq2seq/protocols/clipped_adam.h"

#include "ops/math/elementwise.h"
#include "ops/math/reduce.h"
#include "optim/clip.h"

namespace grus::seq2seq {

void ClippedAdam::update(optim::ParameterUpdate& p) {
  p.grad = p.grad * optim::clip_scale(sqrt(sum(square(p.grad))), limit_).reshape({});
  Adam::update(p);
}

}  // namespace grus::seq2seq
