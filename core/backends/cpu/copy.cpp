// Copies, casts, transpositions, fills, selections and comparisons.
#include <cstring>
#include <type_traits>

#include "core/backends/cpu/elementwise_rows.h"
#include "core/backends/cpu/entries.h"
#include "core/backends/cpu/loops.h"
#include "core/backends/reference/scalar_ops.h"
#include "core/base/use_only.h"

namespace grus::cpu {
namespace {

template <class F>
bool with_type(DType dtype, F&& f) {
  switch (dtype) {
    case DType::f32:
      return f(float{});
    case DType::f64:
      return f(double{});
    case DType::i32:
      return f(int32_t{});
    case DType::i64:
      return f(int64_t{});
    case DType::boolean:
      return f(bool{});
    case DType::u8:
      return f(uint8_t{});
    case DType::bf16:
      return f(bfloat16{});
    case DType::f16:
      return f(float16{});
  }
  return false;
}

/// Calls f with a value of the type, which is one of those that are compared.
template <class F>
bool with_compared_type(DType dtype, F&& f) {
  return with_type(dtype, [&](auto zero) {
    using T = decltype(zero);
    if constexpr (sizeof(T) == 2 || std::is_same_v<T, uint8_t>) return false;
    else return f(zero);
  });
}

/// Tells which copies are compiled here: all, or in a build for use those of its weights, states and ids.
template <class To, class From>
constexpr bool is_quick = !use_only || (std::is_same_v<To, float> && std::is_same_v<From, bfloat16>) ||
                          (std::is_same_v<To, From> && (std::is_same_v<To, float> || std::is_integral_v<To>));

/// y[i * sy] = x[i * sx]; the usual strides are constants to the compiler.
template <class To, class From>
void copy_row(To* y, int64_t sy, const From* x, int64_t sx, int64_t n) {
  if (sy == 1 && sx == 1) {
    if constexpr (std::is_same_v<To, From>) {
      if (n > 0) std::memcpy(y, x, static_cast<size_t>(n) * sizeof(To));
    } else {
      for (int64_t i = 0; i < n; ++i) y[i] = cast_to<To>(x[i]);
    }
  } else if (sy == 1 && sx == 0) {
    std::fill_n(y, n, cast_to<To>(*x));
  } else if (sy == 1 && sx == -1) {
    for (int64_t i = 0; i < n; ++i) y[i] = cast_to<To>(x[-i]);
  } else {
    for (int64_t i = 0; i < n; ++i) y[i * sy] = cast_to<To>(x[i * sx]);
  }
}

/// Copies square blocks where x runs along the axis before the last (a transposition), so that both stay in the cache.
/// Strips of blocks go along the shorter axis: the side that they cross is read or written whole.
template <class T>
bool copy_transposed(const Loop<2>& loop, T* y, const T* x) {
  constexpr int64_t block = 16;
  const int inner = loop.rank - 1, outer = loop.rank - 2;
  if (outer < 0 || loop.strides[1][outer] != 1 || loop.strides[0][inner] != 1 || loop.strides[1][inner] < 2)
    return false;
  const int64_t rows = loop.dims[outer], columns = loop.dims[inner];
  const int64_t y_stride = loop.strides[0][outer], x_stride = loop.strides[1][inner];
  const bool wide = columns > rows;
  const int64_t across = wide ? columns : rows, along = wide ? rows : columns;
  const int64_t strips = (across + block - 1) / block, matrices = loop.rows() / rows;
  const auto copy_block = [=](T* to, const T* from, int64_t height, int64_t width) {
    for (int64_t i = 0; i < height; ++i)
      for (int64_t j = 0; j < width; ++j) to[i * y_stride + j] = from[i + j * x_stride];
  };
  parallel_for(matrices * strips, loop_grain / (block * along) + 1, [&](int64_t first, int64_t last) {
    for (int64_t strip = first; strip < last; ++strip) {
      const auto at = loop.offsets(strip / strips * rows);
      const int64_t start = strip % strips * block, size = std::min(block, across - start);
      for (int64_t next = 0; next < along; next += block) {
        const int64_t rest = std::min(block, along - next), i = wide ? next : start, j = wide ? start : next;
        copy_block(y + at[0] + i * y_stride + j, x + at[1] + i + j * x_stride, wide ? rest : size, wide ? size : rest);
      }
    }
  });
  return true;
}

template <class To, class From>
bool copy_typed(const View& to, const View& from) {
  const Loop<2> loop = loop_over(to, to, from);
  To* const y = data<To>(to);
  const From* const x = data<const From>(from);
  if (loop.empty()) return true;
  if constexpr (std::is_same_v<To, From>)
    if (copy_transposed(loop, y, x)) return true;
  for_pieces(loop, [&](const std::array<int64_t, 2>& at, int64_t begin, int64_t end) {
    const int64_t sy = loop.inner_stride(0), sx = loop.inner_stride(1);
    copy_row(y + at[0] + begin * sy, sy, x + at[1] + begin * sx, sx, end - begin);
  });
  return true;
}

/// y = c ? a : b; the usual strides are constants to the compiler.
template <class T>
void select_row(T* y, int64_t sy, const bool* c, int64_t sc, const T* a, int64_t sa, const T* b, int64_t sb,
                int64_t n) {
  const bool usual = sy == 1 && sc == 1;
  if (usual && sa == 1 && sb == 1) {
    for (int64_t i = 0; i < n; ++i) y[i] = c[i] ? a[i] : b[i];
  } else if (usual && sa == 1 && sb == 0) {
    const T other = *b;
    for (int64_t i = 0; i < n; ++i) y[i] = c[i] ? a[i] : other;
  } else if (usual && sa == 0 && sb == 1) {
    const T chosen = *a;
    for (int64_t i = 0; i < n; ++i) y[i] = c[i] ? chosen : b[i];
  } else {
    for (int64_t i = 0; i < n; ++i) y[i * sy] = c[i * sc] ? a[i * sa] : b[i * sb];
  }
}

template <class T>
bool select_typed(const View& to, const View& condition, const View& left, const View& right) {
  const Loop<4> loop = loop_over(to, to, condition, left, right);
  T* const y = data<T>(to);
  const bool* const c = data<const bool>(condition);
  const T *const a = data<const T>(left), *const b = data<const T>(right);
  for_pieces(loop, [&](const std::array<int64_t, 4>& at, int64_t begin, int64_t end) {
    const int64_t sy = loop.inner_stride(0), sc = loop.inner_stride(1), sa = loop.inner_stride(2),
                  sb = loop.inner_stride(3);
    select_row(y + at[0] + begin * sy, sy, c + at[1] + begin * sc, sc, a + at[2] + begin * sa, sa,
               b + at[3] + begin * sb, sb, end - begin);
  });
  return true;
}

/// y = a op b; the usual strides are constants to the compiler.
template <CompareOp op, class T>
void compare_row(bool* y, int64_t sy, const T* a, int64_t sa, const T* b, int64_t sb, int64_t n) {
  using Compare = reference::Compare<op>;
  if (sy == 1 && sa == 1 && sb == 1) {
    for (int64_t i = 0; i < n; ++i) y[i] = Compare::y_of(a[i], b[i]);
  } else if (sy == 1 && sa == 1 && sb == 0) {
    const T other = *b;
    for (int64_t i = 0; i < n; ++i) y[i] = Compare::y_of(a[i], other);
  } else {
    for (int64_t i = 0; i < n; ++i) y[i * sy] = Compare::y_of(a[i * sa], b[i * sb]);
  }
}

template <CompareOp op, class T>
bool compare_typed(const View& to, const View& left, const View& right) {
  const Loop<3> loop = loop_over(to, to, left, right);
  bool* const y = data<bool>(to);
  const T *const a = data<const T>(left), *const b = data<const T>(right);
  for_pieces(loop, [&](const std::array<int64_t, 3>& at, int64_t begin, int64_t end) {
    const int64_t sy = loop.inner_stride(0), sa = loop.inner_stride(1), sb = loop.inner_stride(2);
    compare_row<op>(y + at[0] + begin * sy, sy, a + at[1] + begin * sa, sa, b + at[2] + begin * sb, sb, end - begin);
  });
  return true;
}

template <class T>
bool compare_by(CompareOp op, const View& to, const View& left, const View& right) {
  switch (op) {
#define GRUS_UNARY(...)
#define GRUS_BINARY(...)
#define GRUS_COMPARE(name, ...) \
  case CompareOp::name:         \
    return compare_typed<CompareOp::name, T>(to, left, right);
#include "core/device/elementwise.def"
  }
  return false;
}

/// y = x; false where the types are not compiled here. It stands alone, since its loops need a large frame, which a sum
/// of small tensors should not pay for.
[[gnu::noinline]] bool copied(const View& y, const View& x) {
  return with_type(y.dtype, [&](auto to) {
    return with_type(x.dtype, [&](auto from) {
      using To = decltype(to);
      using From = decltype(from);
      if constexpr (is_quick<To, From>) return copy_typed<To, From>(y, x);
      else return false;
    });
  });
}

}  // namespace

Status copy(Context* context, const View& y, const View& x, bool accumulate) {
  if (accumulate && x.dtype == y.dtype && is_float(y.dtype)) return binary(context, BinaryOp::add, y, y, x);
  if (!accumulate && copied(y, x)) return Status::ok;
  return reference_backend().copy(context, y, x, accumulate);
}

Status fill(Context*, const View& y, double value) {
  with_type(y.dtype, [&](auto zero) {
    using T = decltype(zero);
    const Loop<1> loop = loop_over(y, y);
    T* const out = data<T>(y);
    for_pieces(loop, [&](const std::array<int64_t, 1>& at, int64_t begin, int64_t end) {
      const T element = cast_to<T>(value);
      const int64_t stride = loop.inner_stride(0);
      copy_row(out + at[0] + begin * stride, stride, &element, 0, end - begin);
    });
    return true;
  });
  return Status::ok;
}

Status select(Context*, const View& y, const View& condition, const View& a, const View& b) {
  with_type(y.dtype, [&](auto zero) { return select_typed<decltype(zero)>(y, condition, a, b); });
  return Status::ok;
}

Status compare(Context*, CompareOp op, const View& y, const View& a, const View& b) {
  with_compared_type(a.dtype, [&](auto zero) { return compare_by<decltype(zero)>(op, y, a, b); });
  return Status::ok;
}

}  // namespace grus::cpu
