// elementwise.h declares where, the logical ops and conversions; index.h declares masked_fill.
#include "core/record/record.h"
#include "core/tensor/raw.h"
#include "ops/base/launch.h"
#include "ops/math/accumulate.h"
#include "ops/math/elementwise.h"
#include "ops/math/index.h"

namespace grus {
namespace {

const Op where_op("where");
const Op cast_op("cast");
const Op logical_and_op("logical_and", Op::Kind::plain);
const Op logical_or_op("logical_or", Op::Kind::plain);
const Op logical_not_op("logical_not", Op::Kind::plain);

void require_bool(const char* op, const Tensor& x) {
  require<UsageError>(x.defined(), "[{}] need a tensor, got an undefined one", op);
  require<DtypeError>(x.dtype() == DType::boolean, "[{}] need a bool tensor, got {} {}", op, x.dtype(), x.shape());
}

Tensor select(const Tensor& condition, const Tensor& a, const Tensor& b, const char* op) {
  const Shape shape = broadcast(broadcast(a.shape(), b.shape(), op), condition.shape(), op);
  const Device device = condition.device();
  Tensor y = Tensor::empty(shape, a.dtype(), device);
  device.check(device.kernels().select(device.context(), Raw::write_view(y), Raw::broadcast_view(condition, shape),
                                       Raw::broadcast_view(a, shape), Raw::broadcast_view(b, shape)),
               op);
  return y;
}

Tensor bool_scalar(bool value, Device device) { return Tensor::full({}, value, DType::boolean, device); }

/// y = a where condition holds, else b. Errors begin with [op].
Tensor chosen(const char* op, const Tensor& condition, const Tensor& a, const Tensor& b) {
  require_bool(op, condition);
  require_same_kind(op, a, b);
  require_device_of(op, a, condition, "a condition");
  return record(where_op, {condition, a, b}, select(condition, a, b, op),
                [](const Tensor& dy, const Tensor& condition, Input a, Input b) {
                  if (a.wanted()) add_sum_to(a, where(condition, dy, 0.0));
                  if (b.wanted()) add_sum_to(b, where(condition, 0.0, dy));
                });
}

}  // namespace

Tensor logical_and(const Tensor& a, const Tensor& b) {
  require_bool("logical_and", a);
  require_same_kind("logical_and", a, b);
  return record_plain(logical_and_op, {a, b}, select(a, b, bool_scalar(false, a.device()), "logical_and"));
}

Tensor logical_or(const Tensor& a, const Tensor& b) {
  require_bool("logical_or", a);
  require_same_kind("logical_or", a, b);
  return record_plain(logical_or_op, {a, b}, select(a, bool_scalar(true, a.device()), b, "logical_or"));
}

Tensor logical_not(const Tensor& x) {
  require_bool("logical_not", x);
  const Tensor no = bool_scalar(false, x.device()), yes = bool_scalar(true, x.device());
  return record_plain(logical_not_op, {x}, select(x, no, yes, "logical_not"));
}

Tensor where(const Tensor& condition, const Tensor& a, const Tensor& b) { return chosen("where", condition, a, b); }

Tensor where(const Tensor& condition, const Tensor& a, double b) {
  return chosen("where", condition, a, launch::scalar("where", b, a));
}

Tensor where(const Tensor& condition, double a, const Tensor& b) {
  return chosen("where", condition, launch::scalar("where", a, b), b);
}

Tensor masked_fill(const Tensor& x, const Tensor& mask, double value) {
  const Tensor number = launch::scalar("masked_fill", value, x);
  require_bool("masked_fill", mask);
  require(broadcast(mask.shape(), x.shape(), "masked_fill") == x.shape(),
          "[masked_fill] need a mask that broadcasts to x {}, got {}", x.shape(), mask.shape());
  return chosen("masked_fill", mask, number, x);
}

Tensor cast(const Tensor& x, DType dtype) {
  require<UsageError>(x.defined(), "[cast] need a tensor, got an undefined one");
  if (x.dtype() == dtype) return x;
  Tensor y = launch::converted(x, dtype);
  if (!is_float(dtype) || !is_float(x.dtype())) return record_plain(cast_op, {x}, y);
  const DType from = x.dtype();
  return record(cast_op, {x}, y, [from](const Tensor& dy, Input x) { x.add(cast(dy, from)); });
}

}  // namespace grus
