// Elementwise entries: f32 and f64 with inner strides of 0 or 1 run in SIMD; all else goes to the plain loops.
#include "core/backends/cpu/elementwise_rows.h"
#include "core/backends/cpu/entries.h"
#include "core/backends/cpu/loops.h"

namespace grus::cpu {
namespace {

/// Tells whether a view's elements lie next to each other, in order.
bool is_dense(const View& view) {
  int64_t stride = 1;
  for (int axis = view.rank - 1; axis >= 0; --axis) {
    if (view.dims[axis] != 1 && view.strides[axis] != stride) return false;
    stride *= view.dims[axis];
  }
  return true;
}

/// Computes y = f(inputs) of dense views as one long row, which most calls are and which matters for tiny tensors.
template <class T, class... Inputs>
void run_dense(ElementFunction<T> function, const View& y, const Inputs&... inputs) {
  int64_t n = 1;
  for (int axis = 0; axis < y.rank; ++axis) n *= y.dims[axis];
  T* const out = data<T>(y);
  const T* const base[] = {data<const T>(inputs)...};
  parallel_for(n, loop_grain, [&](int64_t begin, int64_t end) {
    ElementRow<T> row{};
    row.n = end - begin;
    row.out = out + begin;
    for (size_t k = 0; k < sizeof...(Inputs); ++k) {
      row.step[k] = 1;
      row.in[k] = base[k] + begin;
    }
    function(row);
  });
}

/// Computes y = f(inputs) over y's dims; false when the layout is not one for the fast loops.
template <class T, class... Inputs>
bool run(ElementFunction<T> function, const View& y, const Inputs&... inputs) {
  if (is_dense(y) && (is_dense(inputs) && ...)) {
    run_dense(function, y, inputs...);
    return true;
  }
  constexpr size_t n = sizeof...(Inputs);
  const Loop<n + 1> loop = loop_over(y, y, inputs...);
  if (loop.inner_stride(0) != 1 && loop.inner() != 1) return false;
  ElementRow<T> shape{};
  const T* const base[n] = {data<const T>(inputs)...};
  for (size_t k = 0; k < n; ++k) {
    const int64_t stride = loop.inner() == 1 ? 0 : loop.inner_stride(k + 1);
    if (stride != 0 && stride != 1) return false;
    shape.step[k] = static_cast<int>(stride);
  }
  T* const out = data<T>(y);
  for_pieces(loop, [&](const std::array<int64_t, n + 1>& at, int64_t begin, int64_t end) {
    ElementRow<T> row = shape;
    row.n = end - begin;
    row.out = out + at[0] + begin;
    for (size_t k = 0; k < n; ++k) row.in[k] = base[k] + at[k + 1] + begin * row.step[k];
    function(row);
  });
  return true;
}

template <class Op>
size_t index(Op op) {
  return static_cast<size_t>(op);
}

/// Calls f with the table of functions for y's type; false for other types.
template <class F>
bool with_functions(DType dtype, F&& f) {
  if (dtype == DType::f32) return f(element_functions<float>());
  if (dtype == DType::f64) return f(element_functions<double>());
  return false;
}

}  // namespace

Status unary(Context* context, UnaryOp op, const View& y, const View& x) {
  const bool done = with_functions(y.dtype, [&](const auto& table) { return run(table.unary[index(op)], y, x); });
  return done ? Status::ok : reference_backend().unary(context, op, y, x);
}

Status unary_gradient(Context* context, UnaryOp op, const View& dx, const View& x, const View& y, const View& dy) {
  const bool done =
      with_functions(dx.dtype, [&](const auto& table) { return run(table.unary_gradient[index(op)], dx, x, y, dy); });
  return done ? Status::ok : reference_backend().unary_gradient(context, op, dx, x, y, dy);
}

Status binary(Context* context, BinaryOp op, const View& y, const View& a, const View& b) {
  const bool done = with_functions(y.dtype, [&](const auto& table) { return run(table.binary[index(op)], y, a, b); });
  return done ? Status::ok : reference_backend().binary(context, op, y, a, b);
}

Status binary_gradient(Context* context, BinaryOp op, int wrt, const View& dx, const View& a, const View& b,
                       const View& y, const View& dy) {
  const bool done = with_functions(dx.dtype, [&](const auto& table) {
    return run(table.binary_gradient[wrt == 0 ? 0 : 1][index(op)], dx, a, b, y, dy);
  });
  return done ? Status::ok : reference_backend().binary_gradient(context, op, wrt, dx, a, b, y, dy);
}

}  // namespace grus::cpu
