#include "ops/math/reduce.h"

#include <limits>

#include "core/record/record.h"
#include "core/tensor/raw.h"
#include "ops/base/launch.h"
#include "ops/math/elementwise.h"
#include "ops/math/index.h"
#include "ops/math/reduce_plan.h"
#include "ops/math/shape.h"

namespace grus {

ReducePlan reduce_plan::plan_of(const char* op, const Tensor& x, const Axes& axes, bool keepdim) {
  require<UsageError>(x.defined(), "[{}] need a tensor, got an undefined one", op);
  const auto mask = axes.mask(x.rank(), op);
  ReducePlan plan{{}, {}, 1};
  for (int i = 0; i < x.rank(); ++i) {
    const bool reduced = mask[static_cast<size_t>(i)];
    plan.kept.push_back(reduced ? 1 : x.dim(i));
    if (keepdim || !reduced) plan.shape.push_back(plan.kept[i]);
    if (reduced) plan.count *= x.dim(i);
  }
  return plan;
}

ReducePlan reduce_plan::nonempty_plan(const char* op, const Tensor& x, const Axes& axes, bool keepdim) {
  const ReducePlan p = plan_of(op, x, axes, keepdim);
  require(p.count > 0, "[{}] need at least one element to reduce, got x of shape {}", op, x.shape());
  return p;
}

std::vector<Attribute> reduce_plan::attributes_of(const Tensor& x, const Axes& axes, bool keepdim) {
  const auto mask = axes.mask(x.rank(), "reduce");
  std::vector<int64_t> reduced;
  for (int i = 0; i < x.rank(); ++i)
    if (mask[static_cast<size_t>(i)]) reduced.push_back(i);
  return {{"axes", reduced}, {"keepdim", keepdim}};
}

namespace {

using namespace reduce_plan;

const Op sum_op("sum");
const Op amax_op("amax");
const Op amin_op("amin");
const Op max_op("max");
const Op min_op("min");
const Op logsumexp_op("logsumexp");
const Op sum_to_op("sum_to");
const Op argmax_op("argmax", Op::Kind::plain);
const Op argmin_op("argmin", Op::Kind::plain);

Tensor extremum(const Op& recorded, ReduceOp op, const Tensor& x, const Axes& axes, bool keepdim) {
  const ReducePlan p = nonempty_plan(recorded.name(), x, axes, keepdim);
  require_number(recorded.name(), x);
  const Tensor y = Raw::reshape(launch::reduced(op, x, p.kept), p.shape);
  const Shape kept = p.kept;
  note(recorded, [&] { return attributes_of(x, axes, keepdim); });
  return record(recorded, {exact(x), exact(y)}, y, [kept](const Tensor& dy, SavedInput x, const Tensor& y) {
    const Tensor wins = cast(equal(x.value.detach(), y.detach().reshape(kept)), dy.dtype());
    x.add(wins * (dy.reshape(kept) / sum_to(wins, kept)));
  });
}

Tensor arg_extremum(const char* name, ArgReduceOp op, const Tensor& x, const Axes& axes, bool keepdim) {
  const ReducePlan p = nonempty_plan(name, x, axes, keepdim);
  require_number(name, x);
  const auto mask = axes.mask(x.rank(), name);
  std::array<int, max_rank> order{};
  size_t n = 0;
  for (const bool reduced : {false, true})
    for (int i = 0; i < x.rank(); ++i)
      if (mask[static_cast<size_t>(i)] == reduced) order[n++] = i;
  const Tensor last = Raw::reshape(launch::permuted(x, {order.data(), n}), {p.kept.numel(), p.count});
  const Device device = x.device();
  Tensor y = Tensor::empty({p.kept.numel()}, DType::i64, device);
  device.check(device.kernels().arg_reduce(device.context(), op, Raw::write_view(y), Raw::view(last)), name);
  Raw::know_range(y, {0, static_cast<double>(p.count - 1)});
  const Op& recorded = op == ArgReduceOp::argmax ? argmax_op : argmin_op;
  note(recorded, [&] { return attributes_of(x, axes, keepdim); });
  return record_plain(recorded, {x}, Raw::reshape(y, p.shape));
}

/// Returns value and place along one axis. The value is picked at the place, so that the gradient goes there.
Extremum extremum_along(const char* name, ArgReduceOp op, const Tensor& x, int axis, bool keepdim) {
  const Tensor ids = arg_extremum(name, op, x, axis, true);
  const Tensor values = gather(x, axis, ids);
  if (keepdim) return {values, ids};
  return {squeeze(values, axis), squeeze(ids, axis)};
}

/// Returns y, or 0 where y is infinite, so that exp(-inf - y) is 0, not NaN.
Tensor finite_or_zero(const Tensor& y) {
  const double inf = std::numeric_limits<double>::infinity();
  return where(logical_or(equal(y, -inf), equal(y, inf)), 0.0, y);
}

}  // namespace

Tensor sum(const Tensor& x, const Axes& axes, bool keepdim) {
  const ReducePlan p = plan_of("sum", x, axes, keepdim);
  require_number("sum", x);
  const Shape kept = p.kept;
  note(sum_op, [&] { return attributes_of(x, axes, keepdim); });
  return record(sum_op, {x}, Raw::reshape(launch::reduced(ReduceOp::sum, x, kept), p.shape),
                [kept](const Tensor& dy, Input x) { x.add(broadcast_to(dy.reshape(kept), x.shape())); });
}

Tensor mean(const Tensor& x, const Axes& axes, bool keepdim) {
  require_float("mean", x);
  const ReducePlan p = nonempty_plan("mean", x, axes, keepdim);
  return sum(x, axes, keepdim) * (1.0 / static_cast<double>(p.count));
}

Tensor amax(const Tensor& x, const Axes& axes, bool keepdim) {
  return extremum(amax_op, ReduceOp::max, x, axes, keepdim);
}
Tensor amin(const Tensor& x, const Axes& axes, bool keepdim) {
  return extremum(amin_op, ReduceOp::min, x, axes, keepdim);
}
Tensor max(const Tensor& x) { return extremum(max_op, ReduceOp::max, x, {}, false); }
Tensor min(const Tensor& x) { return extremum(min_op, ReduceOp::min, x, {}, false); }

Extremum max(const Tensor& x, int axis, bool keepdim) {
  return extremum_along("max", ArgReduceOp::argmax, x, axis, keepdim);
}
Extremum min(const Tensor& x, int axis, bool keepdim) {
  return extremum_along("min", ArgReduceOp::argmin, x, axis, keepdim);
}

Tensor argmax(const Tensor& x, const Axes& axes, bool keepdim) {
  return arg_extremum("argmax", ArgReduceOp::argmax, x, axes, keepdim);
}
Tensor argmin(const Tensor& x, const Axes& axes, bool keepdim) {
  return arg_extremum("argmin", ArgReduceOp::argmin, x, axes, keepdim);
}

Tensor logsumexp(const Tensor& x, const Axes& axes, bool keepdim) {
  require_float("logsumexp", x);
  const ReducePlan p = nonempty_plan("logsumexp", x, axes, keepdim);
  Tensor y;
  {
    NoGrad off;
    const Tensor largest = finite_or_zero(launch::reduced(ReduceOp::max, x, p.kept));
    y = Raw::reshape((log(launch::reduced(ReduceOp::sum, exp(x - largest), p.kept)) + largest), p.shape);
  }
  const Shape kept = p.kept;
  note(logsumexp_op, [&] { return attributes_of(x, axes, keepdim); });
  return record(logsumexp_op, {exact(x), exact(y)}, y, [kept](const Tensor& dy, SavedInput x, const Tensor& y) {
    x.add(dy.reshape(kept) * exp(x.value - finite_or_zero(y).reshape(kept)));
  });
}

Tensor sum_to(const Tensor& x, const Shape& shape) {
  require<UsageError>(x.defined(), "[sum_to] need a tensor, got an undefined one");
  require_number("sum_to", x);
  if (x.shape() == shape) return x;
  require(shape.rank() <= x.rank() && broadcast(shape, x.shape(), "sum_to") == x.shape(),
          "[sum_to] need a shape that broadcasts to {}, got {}", x.shape(), shape);
  return record(sum_to_op, {x}, launch::reduced(ReduceOp::sum, x, shape),
                [](const Tensor& dy, Input x) { x.add(broadcast_to(dy, x.shape())); });
}

}  // namespace grus
