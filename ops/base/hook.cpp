#include "ops/base/hook.h"

#include "core/record/record.h"
#include "ops/base/twin.h"

namespace grus {
namespace {
const Op on_gradient_op("on_gradient");
}

Tensor on_gradient(const Tensor& x, std::function<Tensor(const Tensor& dy)> hook) {
  require<UsageError>(static_cast<bool>(hook), "[on_gradient] need a function, got none");
  require<UsageError>(x.defined(), "[on_gradient] need a tensor, got an undefined one");
  Tape* tape = Tape::active();
  if (!tape || !tape->tracks(x)) return x;
  const auto kept = std::make_shared<const std::function<Tensor(const Tensor&)>>(std::move(hook));
  tape->keep(kept);
  return record(on_gradient_op, {x}, x.detach(), [f = kept.get()](const Tensor& dy, Input x) {
    if (TwinCapture::active()) return;  // a view of the tape asks, no backward pass
    const Tensor changed = (*f)(dy);
    x.add(changed.defined() ? changed : dy);
  });
}

}  // namespace grus
