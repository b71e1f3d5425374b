// The entries copy, fill, select, and the rows of elementwise.def.
#include <fmt/format.h>

#include "core/backends/gpu/entries.h"
#include "core/backends/gpu/views.h"

namespace grus::gpu {
namespace {

constexpr const char* unary_names[] = {
#define GRUS_UNARY(name, ...) #name,
#define GRUS_BINARY(...)
#define GRUS_COMPARE(...)
#include "core/device/elementwise.def"
};
constexpr const char* binary_names[] = {
#define GRUS_UNARY(...)
#define GRUS_BINARY(name, ...) #name,
#define GRUS_COMPARE(...)
#include "core/device/elementwise.def"
};
constexpr const char* compare_names[] = {
#define GRUS_UNARY(...)
#define GRUS_BINARY(...)
#define GRUS_COMPARE(name, ...) #name,
#include "core/device/elementwise.def"
};

void require_type(bool known, const char* entry, DType dtype) {
  if (!known) throw Failure{Status::unsupported, fmt::format("[{}] does not take {}", entry, name_of(dtype))};
}

/// Tells whether an op has a meaning for integers, as the exact rows have.
bool exact(UnaryOp op) {
  return op == UnaryOp::neg || op == UnaryOp::abs || op == UnaryOp::square || op == UnaryOp::relu;
}

/// Runs one kernel of `file` over a grid of views, y first.
void run(Machine& m, const char* file, DType dtype, const std::string& name, std::initializer_list<const View*> views,
         const Arguments& more = {}) {
  const Grid grid(**views.begin(), views);
  if (grid.empty()) return;
  Arguments arguments;
  arguments.add(grid.extent);
  for (int i = 0; i < static_cast<int>(views.size()); ++i) grid.push(arguments, i);
  arguments.add(more);
  m.run(file, dtype, name, grid.groups(), grid.extent.rows, arguments);
}

}  // namespace

void copy(Machine& m, const View& y, const View& x, bool accumulate) {
  if (x.dtype == DType::f64) m.require_f64();
  run(m, "copy", y.dtype, fmt::format("copy_{}", name_of(x.dtype)), {&y, &x},
      Arguments().add(static_cast<int32_t>(accumulate)));
}

void fill(Machine& m, const View& y, double value) {
  run(m, "elements", y.dtype, "fill", {&y}, Arguments().add_number(y.dtype, value));
}

void unary(Machine& m, UnaryOp op, const View& y, const View& x) {
  require_type(is_float(y.dtype) || (y.dtype != DType::boolean && exact(op)), "unary", y.dtype);
  run(m, "elements", y.dtype, fmt::format("unary_{}", unary_names[static_cast<int>(op)]), {&y, &x});
}

void unary_gradient(Machine& m, UnaryOp op, const View& dx, const View& x, const View& y, const View& dy) {
  require_type(is_float(dx.dtype), "unary_gradient", dx.dtype);
  run(m, "elements", dx.dtype, fmt::format("gradient_{}", unary_names[static_cast<int>(op)]), {&dx, &x, &y, &dy});
}

void binary(Machine& m, BinaryOp op, const View& y, const View& a, const View& b) {
  require_type(is_float(y.dtype) || (y.dtype != DType::boolean && has_integer_form(op)), "binary", y.dtype);
  run(m, "elements", y.dtype, fmt::format("binary_{}", binary_names[static_cast<int>(op)]), {&y, &a, &b});
}

void binary_gradient(Machine& m, BinaryOp op, int wrt, const View& dx, const View& a, const View& b, const View& y,
                     const View& dy) {
  require_type(is_float(dx.dtype), "binary_gradient", dx.dtype);
  run(m, "elements", dx.dtype, fmt::format("gradient_{}_{}", wrt == 0 ? 'a' : 'b', binary_names[static_cast<int>(op)]),
      {&dx, &a, &b, &y, &dy});
}

void compare(Machine& m, CompareOp op, const View& y, const View& a, const View& b) {
  run(m, "elements", a.dtype, fmt::format("compare_{}", compare_names[static_cast<int>(op)]), {&y, &a, &b});
}

void select(Machine& m, const View& y, const View& condition, const View& a, const View& b) {
  run(m, "elements", y.dtype, "choose", {&y, &condition, &a, &b});
}

}  // namespace grus::gpu
