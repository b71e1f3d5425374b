// The entries copy, fill, select and the ops of core/device/elementwise.def, element by element.
#include <type_traits>

#include "core/backends/reference/access.h"
#include "core/backends/reference/left_out.h"
#include "core/backends/reference/reference.h"
#include "core/backends/reference/scalar_ops.h"

namespace grus::reference {
namespace {

template <class T>
T sum_of(T a, T b) {
  if constexpr (std::is_same_v<T, bool>) return a || b;
  else if constexpr (std::is_same_v<T, bfloat16>) return to_bfloat16(to_float(a) + to_float(b));
  else if constexpr (std::is_same_v<T, float16>) return to_float16(to_float(a) + to_float(b));
  else return static_cast<T>(a + b);
}

/// Tells which types a row of the table has a meaning for: all rows for floats, the exact ones for integers. A build
/// for use asks f32, and sums and the like of integers, of the cpu backend alone, and of f64 no more than of integers.
template <class T>
constexpr bool has_all = !use_only && std::is_floating_point_v<T>;
template <class T, UnaryOp op>
constexpr bool defined = has_all<T> ||
                         (!(use_only && std::is_same_v<T, float>)&&(op == UnaryOp::neg || op == UnaryOp::abs ||
                                                                    op == UnaryOp::square || op == UnaryOp::relu));
template <class T, BinaryOp op>
constexpr bool defined_binary = has_all<T> || ((!use_only || std::is_same_v<T, double>)&&has_integer_form(op));

template <UnaryOp op>
void unary_of(const View& y, const View& x) {
  with_number("unary", y.dtype, [&]<class T>() {
    if constexpr (defined<T, op>)
      for_each(
          y.dims, y.rank, [](T* to, const T* from) { *to = Unary<op>::y_of(*from); }, Cursor<T>(y), Cursor<const T>(x));
    else fail<DtypeError>("[unary] need f32 or f64, got {}", name_of(y.dtype));
  });
}

template <UnaryOp op>
void unary_gradient_of(const View& dx, const View& x, const View& y, const View& dy) {
  with_float("unary_gradient", dx.dtype, [&]<class T>() {
    for_each(
        dx.dims, dx.rank, [](T* to, const T* x, const T* y, const T* dy) { *to = Unary<op>::dx_of(*x, *y, *dy); },
        Cursor<T>(dx), Cursor<const T>(x), Cursor<const T>(y), Cursor<const T>(dy));
  });
}

template <BinaryOp op>
void binary_of(const View& y, const View& a, const View& b) {
  with_number("binary", y.dtype, [&]<class T>() {
    if constexpr (defined_binary<T, op>)
      for_each(
          y.dims, y.rank, [](T* to, const T* a, const T* b) { *to = Binary<op>::y_of(*a, *b); }, Cursor<T>(y),
          Cursor<const T>(a), Cursor<const T>(b));
    else fail<DtypeError>("[binary] need f32 or f64, got {}", name_of(y.dtype));
  });
}

template <BinaryOp op>
void binary_gradient_of(int wrt, const View& dx, const View& a, const View& b, const View& y, const View& dy) {
  with_float("binary_gradient", dx.dtype, [&]<class T>() {
    for_each(
        dx.dims, dx.rank,
        [wrt](T* to, const T* a, const T* b, const T* y, const T* dy) {
          *to = wrt == 0 ? Binary<op>::da_of(*a, *b, *y, *dy) : Binary<op>::db_of(*a, *b, *y, *dy);
        },
        Cursor<T>(dx), Cursor<const T>(a), Cursor<const T>(b), Cursor<const T>(y), Cursor<const T>(dy));
  });
}

template <CompareOp op>
void compare_of(const View& y, const View& a, const View& b) {
  with_value("compare", a.dtype, [&]<class T>() {
    for_each(
        y.dims, y.rank, [](bool* to, const T* a, const T* b) { *to = Compare<op>::y_of(*a, *b); }, Cursor<bool>(y),
        Cursor<const T>(a), Cursor<const T>(b));
  });
}

}  // namespace

void copy(const View& y, const View& x, bool accumulate) {
  with_any("copy", y.dtype, [&]<class To>() {
    with_any("copy", x.dtype, [&]<class From>() {
      for_each(
          y.dims, y.rank,
          [accumulate](To* to, const From* from) {
            *to = accumulate ? sum_of(*to, cast_to<To>(*from)) : cast_to<To>(*from);
          },
          Cursor<To>(y), Cursor<const From>(x));
    });
  });
}

void fill(const View& y, double value) {
  with_any("fill", y.dtype, [&]<class T>() {
    const T number = cast_to<T>(value);
    for_each(
        y.dims, y.rank, [number](T* to) { *to = number; }, Cursor<T>(y));
  });
}

void select(const View& y, const View& condition, const View& a, const View& b) {
  with_any("select", y.dtype, [&]<class T>() {
    for_each(
        y.dims, y.rank, [](T* to, const bool* chosen, const T* a, const T* b) { *to = *chosen ? *a : *b; },
        Cursor<T>(y), Cursor<const bool>(condition), Cursor<const T>(a), Cursor<const T>(b));
  });
}

void unary(UnaryOp op, const View& y, const View& x) {
  switch (op) {
#define GRUS_UNARY(name, ...) \
  case UnaryOp::name:         \
    return unary_of<UnaryOp::name>(y, x);
#define GRUS_BINARY(...)
#define GRUS_COMPARE(...)
#include "core/device/elementwise.def"
  }
}

void unary_gradient(UnaryOp op, const View& dx, const View& x, const View& y, const View& dy) {
  switch (op) {
#define GRUS_UNARY(name, ...) \
  case UnaryOp::name:         \
    return unary_gradient_of<UnaryOp::name>(dx, x, y, dy);
#define GRUS_BINARY(...)
#define GRUS_COMPARE(...)
#include "core/device/elementwise.def"
  }
}

void binary(BinaryOp op, const View& y, const View& a, const View& b) {
  switch (op) {
#define GRUS_UNARY(...)
#define GRUS_BINARY(name, ...) \
  case BinaryOp::name:         \
    return binary_of<BinaryOp::name>(y, a, b);
#define GRUS_COMPARE(...)
#include "core/device/elementwise.def"
  }
}

void binary_gradient(BinaryOp op, int wrt, const View& dx, const View& a, const View& b, const View& y,
                     const View& dy) {
  switch (op) {
#define GRUS_UNARY(...)
#define GRUS_BINARY(name, ...) \
  case BinaryOp::name:         \
    return binary_gradient_of<BinaryOp::name>(wrt, dx, a, b, y, dy);
#define GRUS_COMPARE(...)
#include "core/device/elementwise.def"
  }
}

void compare(CompareOp op, const View& y, const View& a, const View& b) {
  switch (op) {
#define GRUS_UNARY(...)
#define GRUS_BINARY(...)
#define GRUS_COMPARE(name, ...) \
  case CompareOp::name:         \
    return compare_of<CompareOp::name>(y, a, b);
#include "core/device/elementwise.def"
  }
}

}  // namespace grus::reference
