#include "ops/math/sort.h"

#include <algorithm>

#include "core/record/record.h"
#include "core/tensor/raw.h"
#include "ops/math/index.h"
#include "ops/math/shape.h"

namespace grus {
namespace {

const Op sort_op("sort");
const Op sort_ids_op("sort_ids", Op::Kind::plain);

Sorted over_last_axis(const Tensor& x, bool descending) {
  const Device device = x.device();
  Sorted y{Tensor::empty(x.shape(), x.dtype(), device), Tensor::empty(x.shape(), DType::i64, device)};
  if (x.numel() > 0) {
    device.check(device.kernels().sort(device.context(), Raw::write_matrix(y.values), Raw::write_matrix(y.ids),
                                       Raw::matrix(x), descending),
                 "sort");
    Raw::know_range(y.ids, {0, static_cast<double>(x.dim(-1) - 1)});
  }
  const auto attributes = [&] { return Noted{{"descending", descending}}; };
  note(sort_op, attributes);
  y.values = record(sort_op, {x, y.ids}, y.values, [](const Tensor& dy, Input x, const Tensor& ids) {
    x.add(scatter_add(Tensor::zeros(x.shape(), dy.dtype(), dy.device()), -1, ids, dy));
  });
  note(sort_ids_op, attributes);
  y.ids = record_plain(sort_ids_op, {x}, y.ids);
  return y;
}

}  // namespace

Sorted sort(const Tensor& x, int axis, bool descending) {
  require<UsageError>(x.defined(), "[sort] need a tensor, got an undefined one");
  require_number("sort", x);
  axis = normalize_axis(axis, std::max(x.rank(), 1), "sort");
  if (x.rank() == 0) {
    const Sorted y = over_last_axis(x.reshape({1}), descending);
    return {y.values.reshape(Shape{}), y.ids.reshape(Shape{})};
  }
  if (axis == x.rank() - 1) return over_last_axis(x, descending);
  const Sorted y = over_last_axis(transpose(x, axis, -1), descending);
  Sorted back{transpose(y.values, axis, -1), transpose(y.ids, axis, -1)};
  if (x.numel() > 0) Raw::know_range(back.ids, {0, static_cast<double>(x.dim(axis) - 1)});
  return back;
}

Tensor argsort(const Tensor& x, int axis, bool descending) {
  require<UsageError>(x.defined(), "[argsort] need a tensor, got an undefined one");
  require_number("argsort", x);
  return sort(x.detach(), normalize_axis(axis, std::max(x.rank(), 1), "argsort"), descending).ids;
}

}  // namespace grus
