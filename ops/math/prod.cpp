// reduce.h declares prod, any and all.
#include "core/record/record.h"
#include "core/tensor/raw.h"
#include "ops/base/launch.h"
#include "ops/math/cumulative_parts.h"
#include "ops/math/elementwise.h"
#include "ops/math/reduce.h"
#include "ops/math/reduce_plan.h"
#include "ops/math/shape.h"

namespace grus {
namespace {

using namespace reduce_plan;

const Op prod_op("prod");
const Op any_op("any", Op::Kind::plain);
const Op all_op("all", Op::Kind::plain);

/// Returns the product of all other elements of each row of x (rows, n).
Tensor product_of_others(const Tensor& x) {
  const Tensor before = shifted(cumulative_product(x, 1, false), 1, 1, 1);
  return before * shifted(cumulative_product(x, 1, true), 1, -1, 1);
}

/// The order of axes in which those of size 1 in `kept` but not in x come last.
struct ReducedLast {
  ReducedLast(const Shape& shape, const Shape& kept) {
    for (const bool reduced : {false, true})
      for (int i = 0; i < shape.rank(); ++i)
        if ((kept[i] != shape[i]) == reduced) {
          inverse[static_cast<size_t>(i)] = static_cast<int>(count);
          order[count++] = i;
        }
  }
  std::array<int, max_rank> order{}, inverse{};
  size_t count = 0;
};

Tensor gradient_of_prod(const Tensor& x, const Tensor& dy, const Shape& kept) {
  if (x.numel() == 0) return Tensor::zeros(x.shape(), x.dtype(), x.device());
  const ReducedLast axes(x.shape(), kept);
  const Tensor moved = permute(x, std::span<const int>(axes.order.data(), axes.count));
  const int64_t rows = kept.numel();
  const Tensor slopes = product_of_others(moved.reshape({rows, x.numel() / rows})) * dy.reshape({rows, 1});
  return permute(slopes.reshape(moved.shape()), std::span<const int>(axes.inverse.data(), axes.count));
}

Tensor decided(const Op& recorded, ReduceOp reduction, const Tensor& x, const Axes& axes, bool keepdim) {
  const char* op = recorded.name();
  const ReducePlan p = plan_of(op, x, axes, keepdim);
  if (x.dtype() != DType::boolean) require_number(op, x);
  const Tensor truth = x.dtype() == DType::boolean ? x : not_equal(x, 0.0);
  note(recorded, [&] { return attributes_of(truth, axes, keepdim); });
  return record_plain(recorded, {truth}, Raw::reshape(launch::reduced(reduction, truth, p.kept), p.shape));
}

}  // namespace

Tensor prod(const Tensor& x, const Axes& axes, bool keepdim) {
  const ReducePlan p = plan_of("prod", x, axes, keepdim);
  require_number("prod", x);
  const Shape kept = p.kept;
  note(prod_op, [&] { return attributes_of(x, axes, keepdim); });
  return record(prod_op, {exact(x)}, Raw::reshape(launch::reduced(ReduceOp::product, x, kept), p.shape),
                [kept](const Tensor& dy, SavedInput x) { x.add(gradient_of_prod(x.value, dy, kept)); });
}

Tensor any(const Tensor& x, const Axes& axes, bool keepdim) { return decided(any_op, ReduceOp::max, x, axes, keepdim); }
Tensor all(const Tensor& x, const Axes& axes, bool keepdim) { return decided(all_op, ReduceOp::min, x, axes, keepdim); }

}  // namespace grus
