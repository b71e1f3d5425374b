#include "ops/math/cumulative.h"

#include <algorithm>

#include "core/record/record.h"
#include "core/tensor/raw.h"
#include "ops/math/cumulative_parts.h"
#include "ops/math/elementwise.h"
#include "ops/math/shape.h"

namespace grus {
namespace {

const Op cumsum_op("cumsum");
const Op cumprod_op("cumprod");
const Op linear_recurrence_op("linear_recurrence");

/// Returns the axis, counted from the front. A scalar has one of size 1, as PyTorch's.
int checked_axis(const char* op, const Tensor& x, int axis) {
  require<UsageError>(x.defined(), "[{}] need a tensor, got an undefined one", op);
  require_number(op, x);
  return normalize_axis(axis, std::max(x.rank(), 1), op);
}

/// Runs the kernel. Either a or b may be undefined.
Tensor run(const char* op, const Tensor& a, const Tensor& b, int axis, bool backwards) {
  const Tensor& like = a.defined() ? a : b;
  Tensor y = Tensor::empty(like.shape(), like.dtype(), like.device());
  if (y.numel() == 0) return y;
  int64_t inner = 1;
  for (int i = axis + 1; i < like.rank(); ++i) inner *= like.dim(i);
  const Shape flat{like.numel() / inner, inner};
  const auto matrix = [&](const Tensor& x) { return x.defined() ? Raw::matrix(Raw::reshape(x, flat)) : Matrix{}; };
  Tensor out = Raw::reshape(y, flat);
  const LinearRecurrenceArgs args{Raw::write_matrix(out), matrix(a), matrix(b), like.rank() == 0 ? 1 : like.dim(axis),
                                  backwards};
  like.device().check(like.device().kernels().linear_recurrence(like.device().context(), args), op);
  return y;
}

}  // namespace

Tensor shifted(const Tensor& x, int axis, int by, double value) {
  if (x.numel() == 0) return x;
  const Tensor end = Tensor::full(x.shape().with(axis, 1), value, x.dtype(), x.device());
  if (x.dim(axis) == 1) return end;
  return by > 0 ? concat({end, slice(x, axis, 0, -1)}, axis) : concat({slice(x, axis, 1), end}, axis);
}

Tensor cumulative_sum(const Tensor& x, int axis, bool backwards) {
  axis = checked_axis("cumsum", x, axis);
  note(cumsum_op, [&] { return Noted{{"axis", axis}, {"backwards", backwards}}; });
  return record(cumsum_op, {x}, run("cumsum", Tensor(), x, axis, backwards),
                [axis, backwards](const Tensor& dy, Input x) { x.add(cumulative_sum(dy, axis, !backwards)); });
}

Tensor cumulative_product(const Tensor& x, int axis, bool backwards) {
  axis = checked_axis("cumprod", x, axis);
  const Tensor y = run("cumprod", x, Tensor(), axis, backwards);
  return record(cumprod_op, {exact(x), exact(y)}, y,
                [axis, backwards](const Tensor& dy, SavedInput x, const Tensor& y) {
                  if (dy.rank() == 0) return x.add(dy);
                  const int on = backwards ? -1 : 1;
                  // dx_i = (product before i) sum_{j >= i} dy_j (product between i and j)
                  const Tensor behind = linear_recurrence(shifted(x.value, axis, -on, 0), dy, axis, !backwards);
                  x.add(behind * shifted(y, axis, on, 1));
                });
}

Tensor cumsum(const Tensor& x, int axis) { return cumulative_sum(x, axis, false); }
Tensor cumprod(const Tensor& x, int axis) { return cumulative_product(x, axis, false); }

Tensor linear_recurrence(const Tensor& a, const Tensor& b, int axis, bool backwards) {
  constexpr const char* op = "linear_recurrence";
  require_same_kind(op, a, b);
  require(a.shape() == b.shape() && a.rank() >= 1, "[{}] need a and b of one shape, of an axis or more, got {} and {}",
          op, a.shape(), b.shape());
  axis = checked_axis(op, a, axis);
  const Tensor y = run(op, a, b, axis, backwards);
  return record(linear_recurrence_op, {exact(a), b, y}, y,
                [axis, backwards](const Tensor& dy, SavedInput a, Input b, const Tensor& y) {
                  const int on = backwards ? -1 : 1;
                  const Tensor behind = linear_recurrence(shifted(a.value, axis, -on, 0), dy, axis, !backwards);
                  b.add(behind);
                  if (a.wanted()) a.add(behind * shifted(y, axis, on, 0));
                });
}

}  // namespace grus
