#pragma once
// Elementwise ops. Values, gradients and gradients of gradients all come from the rows of core/device/elementwise.def.
//
// Shapes broadcast by NumPy's rule. Dtypes do not mix: a double beside a tensor takes the tensor's dtype (beside
// integers it must be one of theirs; a comparison takes any number, by its value). Every op takes f32 and f64; neg abs
// square relu sign floor ceil round, add sub mul maximum minimum remainder floor_divide, clamp and comparisons take i32
// and i64, too.
// Each function is a method as well: tanh(x) is x.tanh(), add(a, b) is a.add(b).
// All throw ShapeError for shapes that do not broadcast, DtypeError, DeviceError.
// Sources: elementwise.cpp, compare.cpp, select.cpp.
#include "core/tensor/tensor.h"

namespace grus {

// neg abs sign square reciprocal sqrt rsqrt exp expm1 log log1p sin cos tan atan tanh sigmoid relu erf silu softplus
// gelu floor ceil round:                                       Tensor tanh(const Tensor& x), ...
//   (round takes halves to the even side; sign floor ceil round have the gradient 0)
// add sub mul div pow maximum minimum:                    Tensor add(a, b), a and b tensors, or one of them a double
//   (maximum and minimum of a NaN are NaN, and at a tie give half of the gradient to each side; pow with a <= 0 gives b
//   no gradient)
// atan2 remainder floor_divide leaky_relu elu:             Tensor atan2(a, b), as above
//   (remainder has the sign of b, as Python's %; floor_divide(a, b) is floor(a / b), without gradient; of integers by 0
//   both are 0. leaky_relu is a, or b a below 0, elu (Clevert et al. 2016) a, or b (exp(a) - 1) below 0: b is their
//   parameter, a number or a tensor that may be trained, as PReLU's)
// equal not_equal less less_equal greater greater_equal:  Tensor less(a, b), a bool tensor; also as a < b, <=, >, >=
#define GRUS_UNARY(name, ...) Tensor name(const Tensor& x);
#define GRUS_BINARY(name, ...)                   \
  Tensor name(const Tensor& a, const Tensor& b); \
  Tensor name(const Tensor& a, double b);        \
  Tensor name(double a, const Tensor& b);
#define GRUS_COMPARE(name, ...) GRUS_BINARY(name)
#include "core/device/elementwise.def"

inline Tensor operator+(const Tensor& a, const Tensor& b) { return add(a, b); }
inline Tensor operator+(const Tensor& a, double b) { return add(a, b); }
inline Tensor operator+(double a, const Tensor& b) { return add(a, b); }
inline Tensor operator-(const Tensor& a, const Tensor& b) { return sub(a, b); }
inline Tensor operator-(const Tensor& a, double b) { return sub(a, b); }
inline Tensor operator-(double a, const Tensor& b) { return sub(a, b); }
inline Tensor operator*(const Tensor& a, const Tensor& b) { return mul(a, b); }
inline Tensor operator*(const Tensor& a, double b) { return mul(a, b); }
inline Tensor operator*(double a, const Tensor& b) { return mul(a, b); }
inline Tensor operator/(const Tensor& a, const Tensor& b) { return div(a, b); }
inline Tensor operator/(const Tensor& a, double b) { return div(a, b); }
inline Tensor operator/(double a, const Tensor& b) { return div(a, b); }
inline Tensor operator-(const Tensor& x) { return neg(x); }

namespace rebinding {
/// Returns y. Throws ShapeError, beginning with [op], unless it has this shape.
[[nodiscard]] Tensor of_shape(const char* op, const Shape& shape, Tensor y);
}  // namespace rebinding

/// x += y binds the variable x to the new value x + y, which is recorded as any other; so do -=, *= and /=. Other
/// tensors that shared x's elements keep theirs, so what a tape saved stays unchanged. x keeps its shape. Throws
/// ShapeError where y has more axes or larger ones.
inline Tensor& operator+=(Tensor& x, const Tensor& y) { return x = rebinding::of_shape("+=", x.shape(), add(x, y)); }
inline Tensor& operator+=(Tensor& x, double y) { return x = add(x, y); }
inline Tensor& operator-=(Tensor& x, const Tensor& y) { return x = rebinding::of_shape("-=", x.shape(), sub(x, y)); }
inline Tensor& operator-=(Tensor& x, double y) { return x = sub(x, y); }
inline Tensor& operator*=(Tensor& x, const Tensor& y) { return x = rebinding::of_shape("*=", x.shape(), mul(x, y)); }
inline Tensor& operator*=(Tensor& x, double y) { return x = mul(x, y); }
inline Tensor& operator/=(Tensor& x, const Tensor& y) { return x = rebinding::of_shape("/=", x.shape(), div(x, y)); }
inline Tensor& operator/=(Tensor& x, double y) { return x = div(x, y); }

inline Tensor operator<(const Tensor& a, const Tensor& b) { return less(a, b); }
inline Tensor operator<(const Tensor& a, double b) { return less(a, b); }
inline Tensor operator<(double a, const Tensor& b) { return less(a, b); }
inline Tensor operator<=(const Tensor& a, const Tensor& b) { return less_equal(a, b); }
inline Tensor operator<=(const Tensor& a, double b) { return less_equal(a, b); }
inline Tensor operator<=(double a, const Tensor& b) { return less_equal(a, b); }
inline Tensor operator>(const Tensor& a, const Tensor& b) { return greater(a, b); }
inline Tensor operator>(const Tensor& a, double b) { return greater(a, b); }
inline Tensor operator>(double a, const Tensor& b) { return greater(a, b); }
inline Tensor operator>=(const Tensor& a, const Tensor& b) { return greater_equal(a, b); }
inline Tensor operator>=(const Tensor& a, double b) { return greater_equal(a, b); }
inline Tensor operator>=(double a, const Tensor& b) { return greater_equal(a, b); }

/// y = a and b, y = a or b, y = not x: bool tensors, which broadcast. Throws DtypeError for others.
Tensor logical_and(const Tensor& a, const Tensor& b);
Tensor logical_or(const Tensor& a, const Tensor& b);
Tensor logical_not(const Tensor& x);

/// y = a where condition (bool) holds, else b; all three broadcast. The unchosen side gets gradient 0.
Tensor where(const Tensor& condition, const Tensor& a, const Tensor& b);
Tensor where(const Tensor& condition, const Tensor& a, double b);
Tensor where(const Tensor& condition, double a, const Tensor& b);

/// y = min(max(x, low), high); NaN stays. dx = dy where low <= x <= high, else 0. Throws UsageError when low > high.
Tensor clamp(const Tensor& x, double low, double high);

inline Tensor leaky_relu(const Tensor& x) { return leaky_relu(x, 0.01); }
inline Tensor elu(const Tensor& x) { return elu(x, 1); }

enum class GeluForm { exact, tanh };
/// y = x Phi(x), where Phi is the normal distribution function, as gelu(x); or its approximation by tanh (Hendrycks and
/// Gimpel 2016).
Tensor gelu(const Tensor& x, GeluForm kind);

/// y = x as another dtype. Floats become integers by cutting towards zero and to the range, NaN becomes 0; a bool is
/// x != 0. The gradient is cast back; integers carry none.
Tensor cast(const Tensor& x, DType dtype);
/// y = x on another device (x itself when it is there), or cast to another dtype. The gradient goes back.
inline Tensor to(const Tensor& x, Device device) { return x.to(device); }
inline Tensor to(const Tensor& x, DType dtype) { return cast(x, dtype); }

}  // namespace grus
