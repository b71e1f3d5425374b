#include "ops/math/softmax.h"

#include "core/record/record.h"
#include "core/tensor/raw.h"
#include "ops/math/elementwise.h"
#include "ops/math/index.h"
#include "ops/math/reduce.h"
#include "ops/math/shape.h"

namespace grus {
namespace {

const Op softmax_op("softmax");
const Op log_softmax_op("log_softmax");

/// Computes softmax, or its logarithm, over the last axis by the kernel. mask is bool and broadcasts to x, or
/// undefined.
Tensor forward(const char* name, const Tensor& x, const Tensor& mask, bool log) {
  const Device device = x.device();
  Tensor y = Tensor::empty(x.shape(), x.dtype(), device);
  if (x.numel() == 0) return y;
  SoftmaxArgs args{Raw::write_view(y), Raw::view(x), View{}, log};
  if (mask.defined()) args.mask = Raw::broadcast_view(mask, x.shape());
  device.check(device.kernels().softmax(device.context(), args), name);
  return y;
}

/// dx = y (dy - sum y dy) for softmax, dx = dy - exp(y) sum dy for its logarithm.
Tensor gradient(const Tensor& y, const Tensor& dy, bool log, bool recording) {
  if (recording) return log ? dy - exp(y) * sum(dy, -1, true) : y * (dy - sum(y * dy, -1, true));
  const Device device = y.device();
  Tensor dx = Tensor::empty(y.shape(), y.dtype(), device);
  if (y.numel() == 0) return dx;
  device.check(
      device.kernels().softmax_gradient(device.context(), Raw::write_view(dx), Raw::view(y), Raw::view(dy), log),
      "softmax gradient");
  return dx;
}

Tensor over_last_axis(const Op& op, const Tensor& x, const Tensor& mask, bool log) {
  const Tensor y = forward(op.name(), x, mask, log);
  const Tensor reached = log ? mask : Tensor();
  note(op, [&] { return Noted{{"mask", mask}}; });
  const TensorArg saved = log ? exact(y) : y;
  return record(op, {x, saved, reached}, y, [log](const Tensor& dy, Input x, const Tensor& y, const Tensor& reached) {
    // Masked entries of log_softmax are -inf and do not depend on x, whatever gradient came.
    x.add(gradient(y, reached.defined() ? where(reached, dy, 0.0) : dy, log, x.recording()));
  });
}

Tensor over_axis(const Op& op, const Tensor& x, int axis, Tensor mask, bool log) {
  const char* name = op.name();
  require_float(name, x);
  require(x.rank() >= 1, "[{}] need at least one axis, got shape {}", name, x.shape());
  axis = normalize_axis(axis, x.rank(), name);
  if (mask.defined()) {
    require<DtypeError>(mask.dtype() == DType::boolean, "[{}] need a bool mask, got {} {}", name, mask.dtype(),
                        mask.shape());
    require<DeviceError>(mask.device() == x.device(), "[{}] need one device, got {} and a mask on {}", name, x.device(),
                         mask.device());
    require(broadcast(mask.shape(), x.shape(), name) == x.shape(), "[{}] need a mask that broadcasts to x {}, got {}",
            name, x.shape(), mask.shape());
  }
  if (axis == x.rank() - 1) return over_last_axis(op, x, mask, log);
  if (mask.defined()) mask = transpose(broadcast_to(mask, x.shape()), axis, -1);
  return transpose(over_last_axis(op, transpose(x, axis, -1), mask, log), axis, -1);
}

}  // namespace

Tensor softmax(const Tensor& x, int axis, const Tensor& mask) { return over_axis(softmax_op, x, axis, mask, false); }
Tensor log_softmax(const Tensor& x, int axis, const Tensor& mask) {
  return over_axis(log_softmax_op, x, axis, mask, true);
}

}  // namespace grus
