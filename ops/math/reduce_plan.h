#pragma once
// What every reduction finds out first. Internal to ops.
#include "core/base/axes.h"
#include "core/tape/attribute.h"
#include "core/tensor/tensor.h"

namespace grus {

struct ReducePlan {
  Shape kept, shape;  // y's shape with size 1 where x is reduced, and as asked for
  int64_t count;      // number of elements of x that one of y stands for
};

namespace reduce_plan {

/// Throws UsageError for an undefined x, ShapeError for a bad axis; nonempty_plan also where there is nothing to
/// reduce.
ReducePlan plan_of(const char* op, const Tensor& x, const Axes& axes, bool keepdim);
/// Returns what a reduction was asked for, as attributes of its record.
std::vector<Attribute> attributes_of(const Tensor& x, const Axes& axes, bool keepdim);
ReducePlan nonempty_plan(const char* op, const Tensor& x, const Axes& axes, bool keepdim);

}  // namespace reduce_plan
}  // namespace grus
