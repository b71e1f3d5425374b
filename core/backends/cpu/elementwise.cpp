// Elementwise entries: f32 and f64 run in SIMD, two integers in loops that the compiler makes vectors of; what else
// there is goes to the plain loops.
#include "core/backends/cpu/elementwise_rows.h"
#include "core/backends/cpu/entries.h"
#include "core/backends/cpu/loops.h"
#include "core/backends/reference/left_out.h"
#include "core/backends/reference/scalar_ops.h"

namespace grus::cpu {
namespace {

/// Returns the number of elements where those of all views lie next to each other, in order; else -1. The views have
/// y's dims.
template <class... Inputs>
int64_t dense_count(const View& y, const Inputs&... inputs) {
  int64_t stride = 1;
  for (int axis = y.rank - 1; axis >= 0; --axis) {
    if (y.dims[axis] != 1 && (y.strides[axis] != stride || ((inputs.strides[axis] != stride) || ...))) return -1;
    stride *= y.dims[axis];
  }
  return stride;
}

/// Computes y = f(inputs) of n elements of dense views as one long row, which most calls are and which matters for tiny
/// tensors.
template <class T, class... Inputs>
void run_dense(ElementFunction<T> function, int64_t n, const View& y, const Inputs&... inputs) {
  T* const out = data<T>(y);
  const T* const base[] = {data<const T>(inputs)...};
  const auto piece = [&](int64_t begin, int64_t end) {
    ElementRow<T> row;  // its further inputs are not read
    row.n = end - begin;
    row.out = out + begin;
    for (size_t k = 0; k < sizeof...(Inputs); ++k) {
      row.step[k] = 1;
      row.in[k] = base[k] + begin;
    }
    function(row);
  };
  if (n > loop_grain) return parallel_for(n, loop_grain, piece);
  if (n > 0) piece(0, n);
}

/// Computes a row whose elements stand further apart: pieces of it are packed, and the results unpacked.
template <class T, size_t n>
void run_packed(ElementFunction<T> function, const ElementRow<T>& row, const std::array<int64_t, n>& strides) {
  constexpr int64_t piece = 256;
  T packed[n][piece];
  for (int64_t begin = 0; begin < row.n; begin += piece) {
    ElementRow<T> part{};
    part.n = std::min(piece, row.n - begin);
    for (size_t k = 0; k + 1 < n; ++k) {
      const int64_t stride = strides[k + 1];
      const T* const from = row.in[k] + begin * stride;
      part.step[k] = stride == 0 ? 0 : 1;
      part.in[k] = from;
      if (stride == 0 || stride == 1) continue;
      for (int64_t i = 0; i < part.n; ++i) packed[k][i] = from[i * stride];
      part.in[k] = packed[k];
    }
    T* const to = row.out + begin * strides[0];
    part.out = strides[0] == 1 ? to : packed[n - 1];
    function(part);
    for (int64_t i = 0; strides[0] != 1 && i < part.n; ++i) to[i * strides[0]] = part.out[i];
  }
}

/// Computes y = f(inputs) over y's dims, row by row.
template <class T, class... Inputs>
void run_rows(ElementFunction<T> function, const View& y, const Inputs&... inputs) {
  constexpr size_t n = sizeof...(Inputs);
  const Loop<n + 1> loop = loop_over(y, y, inputs...);
  ElementRow<T> shape{};
  const T* const base[n] = {data<const T>(inputs)...};
  std::array<int64_t, n + 1> strides{};
  for (size_t v = 0; v <= n; ++v) strides[v] = loop.inner() == 1 ? v == 0 : loop.inner_stride(v);
  bool packs = strides[0] != 1;
  for (size_t k = 0; k < n; ++k) {
    shape.step[k] = static_cast<int>(strides[k + 1]);
    packs |= strides[k + 1] != 0 && strides[k + 1] != 1;
  }
  T* const out = data<T>(y);
  for_pieces(loop, [&](const std::array<int64_t, n + 1>& at, int64_t begin, int64_t end) {
    ElementRow<T> row = shape;
    row.n = end - begin;
    row.out = out + at[0] + begin * strides[0];
    for (size_t k = 0; k < n; ++k) row.in[k] = base[k] + at[k + 1] + begin * strides[k + 1];
    if (packs) run_packed(function, row, strides);
    else function(row);
  });
}

/// Computes y = f(inputs) over y's dims; false where there is no such function for the type.
template <class T, class... Inputs>
bool run(ElementFunction<T> function, const View& y, const Inputs&... inputs) {
  if (function == nullptr) return false;
  if (const int64_t n = dense_count(y, inputs...); n >= 0) run_dense(function, n, y, inputs...);
  else run_rows(function, y, inputs...);
  return true;
}

/// out = a op b of integers.
template <class T, BinaryOp op>
void integer_row(const ElementRow<T>& row) {
  const T *const a = row.in[0], *const b = row.in[1];
  T* const out = row.out;
  if (row.step[0] == 1 && row.step[1] == 1) {
    for (int64_t i = 0; i < row.n; ++i) out[i] = reference::Binary<op>::y_of(a[i], b[i]);
  } else if (row.step[0] == 1) {
    for (int64_t i = 0; i < row.n; ++i) out[i] = reference::Binary<op>::y_of(a[i], *b);
  } else {
    for (int64_t i = 0; i < row.n; ++i) out[i] = reference::Binary<op>::y_of(*a, b[i * row.step[1]]);
  }
}
template <class T, BinaryOp op>
constexpr ElementFunction<T> integer_function() {
  if constexpr (has_integer_form(op)) return integer_row<T, op>;
  else return nullptr;
}
template <class T>
constexpr std::array<ElementFunction<T>, binary_ops> integer_functions = {
#define GRUS_UNARY(...)
#define GRUS_BINARY(name, ...) integer_function<T, BinaryOp::name>(),
#define GRUS_COMPARE(...)
#include "core/device/elementwise.def"
};

template <class Op>
size_t index(Op op) {
  return static_cast<size_t>(op);
}

/// Calls f with the table of functions for y's type; false for other types.
template <class F>
bool with_functions(DType dtype, F&& f) {
  if (dtype == DType::f32) return f(element_functions<float>());
  if (!use_only && dtype == DType::f64) return f(element_functions<double>());
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
  bool done = with_functions(y.dtype, [&](const auto& table) { return run(table.binary[index(op)], y, a, b); });
  if (y.dtype == DType::i32) done = run(integer_functions<int32_t>[index(op)], y, a, b);
  if (y.dtype == DType::i64) done = run(integer_functions<int64_t>[index(op)], y, a, b);
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
