// where, the logical ops and conversions of elementwise.h.
#include "core/tape.h"
#include "ops/accumulate.h"
#include "ops/elementwise.h"
#include "ops/launch.h"

namespace grus {
namespace {

const Op where_op("where");
const Op cast_op("cast");
const Op to_op("to");

void require_bool(const char* op, const Tensor& x) {
  require<UsageError>(x.defined(), "[{}] need a tensor, got an undefined one", op);
  require<DtypeError>(x.dtype() == DType::boolean, "[{}] need a bool tensor, got {} {}", op, x.dtype(), x.shape());
}

Tensor select(const Tensor& condition, const Tensor& a, const Tensor& b, const char* op) {
  const Shape shape = broadcast(broadcast(a.shape(), b.shape(), op), condition.shape(), op);
  const Device device = condition.device();
  Tensor y = Tensor::empty(shape, a.dtype(), device);
  device.check(device.kernels().select(device.context(), y.write_view(), condition.broadcast_view(shape),
                                       a.broadcast_view(shape), b.broadcast_view(shape)),
               op);
  return y;
}

Tensor bool_scalar(bool value, Device device) { return Tensor::full({}, value, DType::boolean, device); }

}  // namespace

Tensor logical_and(const Tensor& a, const Tensor& b) {
  require_bool("logical_and", a);
  require_same_kind("logical_and", a, b);
  return select(a, b, bool_scalar(false, a.device()), "logical_and");
}

Tensor logical_or(const Tensor& a, const Tensor& b) {
  require_bool("logical_or", a);
  require_same_kind("logical_or", a, b);
  return select(a, bool_scalar(true, a.device()), b, "logical_or");
}

Tensor logical_not(const Tensor& x) {
  require_bool("logical_not", x);
  return select(x, bool_scalar(false, x.device()), bool_scalar(true, x.device()), "logical_not");
}

Tensor where(const Tensor& condition, const Tensor& a, const Tensor& b) {
  require_bool("where", condition);
  require_same_kind("where", a, b);
  require<DeviceError>(condition.device() == a.device(), "[where] need one device, got {} and {}", condition.device(),
                       a.device());
  return record(where_op, {a, b}, select(condition, a, b, "where"), {condition},
                [](const Saved& s, const Tensor& dy, Grads& dx) {
                  if (dx.wanted(0)) add_sum_to(dx, 0, where(s[0], dy, 0.0));
                  if (dx.wanted(1)) add_sum_to(dx, 1, where(s[0], 0.0, dy));
                });
}

Tensor where(const Tensor& condition, const Tensor& a, double b) {
  require<UsageError>(a.defined(), "[where] need a tensor, got an undefined one");
  return where(condition, a, Tensor::full({}, b, a.dtype(), a.device()));
}

Tensor where(const Tensor& condition, double a, const Tensor& b) {
  require<UsageError>(b.defined(), "[where] need a tensor, got an undefined one");
  return where(condition, Tensor::full({}, a, b.dtype(), b.device()), b);
}

Tensor cast(const Tensor& x, DType dtype) {
  require<UsageError>(x.defined(), "[cast] need a tensor, got an undefined one");
  if (x.dtype() == dtype) return x;
  Tensor y = launch::converted(x, dtype);
  if (!is_float(dtype) || !is_float(x.dtype())) return y;
  const DType from = x.dtype();
  return record(cast_op, {x}, y, {}, [from](const Saved&, const Tensor& dy, Grads& dx) { dx.add(0, cast(dy, from)); });
}

Tensor to(const Tensor& x, Device device) {
  const Device from = x.device();
  if (from == device) return x;
  return record(to_op, {x}, x.to(device), {},
                [from](const Saved&, const Tensor& dy, Grads& dx) { dx.add(0, to(dy, from)); });
}

}  // namespace grus
