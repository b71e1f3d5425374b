#include "ops/math/moments.h"

#include <limits>

#include "core/record/record.h"
#include "core/tensor/raw.h"
#include "ops/base/launch.h"
#include "ops/math/elementwise.h"
#include "ops/math/reduce.h"
#include "ops/math/reduce_plan.h"

namespace grus {
namespace {

const Op var_op("var");
const Op stddev_op("stddev");
const Op norm_op("norm");

/// What a variance divides by, beside its plan.
struct VariancePlan : ReducePlan {
  double divisor;
};

VariancePlan variance_plan(const char* op, const Tensor& x, const Axes& axes, double correction, bool keepdim) {
  require_float(op, x);
  const ReducePlan p = reduce_plan::plan_of(op, x, axes, keepdim);
  require<UsageError>(correction >= 0, "[{}] need a correction of at least 0, got {}", op, correction);
  const auto count = static_cast<double>(p.count);
  require(count > correction, "[{}] need more than {} elements to reduce, got x of shape {}", op, correction,
          x.shape());
  return {p, count - correction};
}

Tensor centred(const Tensor& x, const Shape& kept, int64_t count) {
  return x - sum_to(x, kept) * (1.0 / static_cast<double>(count));
}

/// Returns the variance with the reduced axes at size 1.
Tensor variance(const Tensor& x, const VariancePlan& p) {
  const NoGrad off;
  return launch::reduced(ReduceOp::sum_of_squares, centred(x, p.kept, p.count), p.kept) * (1 / p.divisor);
}

/// dy / (scale y), or 0 where y is 0, also for the gradient of this.
Tensor slope_over(const Tensor& dy, const Tensor& y, double scale) {
  const Tensor zero = equal(y, 0.0);
  return where(zero, 0.0, dy / (scale * where(zero, 1.0, y)));
}

}  // namespace

Tensor var(const Tensor& x, const Axes& axes, double correction, bool keepdim) {
  const VariancePlan p = variance_plan("var", x, axes, correction, keepdim);
  note(var_op, [&] {
    std::vector<Attribute> all = reduce_plan::attributes_of(x, axes, keepdim);
    all.push_back({"correction", correction});
    return all;
  });
  return record(var_op, {x}, Raw::reshape(variance(x, p), p.shape), [p](const Tensor& dy, SavedInput x) {
    x.add(centred(x.value, p.kept, p.count) * (dy.reshape(p.kept) * (2 / p.divisor)));
  });
}

Tensor stddev(const Tensor& x, const Axes& axes, double correction, bool keepdim) {
  const VariancePlan p = variance_plan("stddev", x, axes, correction, keepdim);
  const Tensor y = Raw::reshape(launch::unary(UnaryOp::sqrt, variance(x, p), "stddev"), p.shape);
  note(stddev_op, [&] {
    std::vector<Attribute> all = reduce_plan::attributes_of(x, axes, keepdim);
    all.push_back({"correction", correction});
    return all;
  });
  return record(stddev_op, {x, y}, y, [p](const Tensor& dy, SavedInput x, const Tensor& y) {
    x.add(centred(x.value, p.kept, p.count) * slope_over(dy, y, p.divisor).reshape(p.kept));
  });
}

Tensor norm(const Tensor& x, double p, const Axes& axes, bool keepdim) {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  require_float("norm", x);
  require<UsageError>(p == 1 || p == 2 || p == infinity, "[norm] need p = 1, 2 or infinity, got {}", p);
  const ReducePlan plan = reduce_plan::plan_of("norm", x, axes, keepdim);
  if (p == 1) return sum(abs(x), axes, keepdim);
  if (p == infinity) {
    reduce_plan::nonempty_plan("norm", x, axes, keepdim);
    return amax(abs(x), axes, keepdim);
  }
  const Shape kept = plan.kept;
  const Tensor squares = launch::reduced(ReduceOp::sum_of_squares, x, kept);
  const Tensor y = Raw::reshape(launch::unary(UnaryOp::sqrt, squares, "norm"), plan.shape);
  note(norm_op, [&] { return reduce_plan::attributes_of(x, axes, keepdim); });
  return record(norm_op, {x, y}, y, [kept](const Tensor& dy, SavedInput x, const Tensor& y) {
    x.add(x.value * slope_over(dy, y, 1).reshape(kept));
  });
}

}  // namespace grus
