#include "ops/math/elementwise.h"

#include <numbers>

#include "core/record/record.h"
#include "core/tensor/raw.h"
#include "ops/base/launch.h"
#include "ops/math/accumulate.h"
#include "ops/math/reduce.h"

namespace grus {

// A row's gradient is evaluated on Traces at compile time, which tells which tensors it reads.
namespace trace {

struct Trace {
  unsigned mentions = 0;
  bool is_dy = false;     // whether the expression is dy itself, which needs no kernel
  bool compares = false;  // whether it jumps where two tensors, or a tensor and a number other than 0, are near
  bool is_zero = false;
};
constexpr unsigned mentions_x = 1, mentions_a = 1, mentions_b = 2, mentions_y = 4;

template <class... T>
constexpr Trace join(const T&... t) {
  return {(t.mentions | ... | 0u), false, (t.compares || ... || false)};
}
/// A sign outlives rounding, and a tensor is compared with itself for NaN.
constexpr Trace compared(Trace a, Trace b) {
  Trace result = join(a, b);
  result.compares |= !a.is_zero && !b.is_zero && a.mentions != b.mentions;
  return result;
}
constexpr Trace K(double value) { return {0, false, false, value == 0}; }
constexpr Trace operator-(Trace a) { return join(a); }
constexpr Trace operator+(Trace a, Trace b) { return join(a, b); }
constexpr Trace operator-(Trace a, Trace b) { return join(a, b); }
constexpr Trace operator*(Trace a, Trace b) { return join(a, b); }
constexpr Trace operator/(Trace a, Trace b) { return join(a, b); }
constexpr Trace operator<(Trace a, Trace b) { return compared(a, b); }
constexpr Trace operator>(Trace a, Trace b) { return compared(a, b); }
constexpr Trace operator==(Trace a, Trace b) { return compared(a, b); }
constexpr Trace select(Trace c, Trace a, Trace b) { return join(c, a, b); }
constexpr Trace exp(Trace a) { return join(a); }
constexpr Trace expm1(Trace a) { return join(a); }
constexpr Trace log(Trace a) { return join(a); }
constexpr Trace sqrt(Trace a) { return join(a); }
constexpr Trace tanh(Trace a) { return join(a); }
constexpr Trace erf(Trace a) { return join(a); }
constexpr Trace sin(Trace a) { return join(a); }
constexpr Trace cos(Trace a) { return join(a); }
constexpr Trace sigmoid(Trace a) { return join(a); }
constexpr Trace softplus(Trace a) { return join(a); }
constexpr Trace pow(Trace a, Trace b) { return join(a, b); }
constexpr Trace floor_divide(Trace a, Trace b) { return compared(a, b); }

constexpr Trace x{mentions_x}, a{mentions_a}, b{mentions_b}, y{mentions_y}, dy{0, true};
#define GRUS_UNARY(name, value, gradient, ...) constexpr Trace name##_gradient = gradient;
#define GRUS_BINARY(name, value, da, db, ...) constexpr Trace name##_gradient[2] = {da, db};
#define GRUS_COMPARE(...)
#include "core/device/elementwise.def"

}  // namespace trace

// A row's gradients are expressions on tensors here, made of recorded ops, for gradients of gradients.
namespace tensors {

double K(double value) { return value; }
template <class T>
Tensor operator<(const Tensor& a, const T& b) {
  return less(a, b);
}
template <class T>
Tensor operator>(const Tensor& a, const T& b) {
  return greater(a, b);
}
template <class T>
Tensor operator==(const Tensor& a, const T& b) {
  return equal(a, b);
}
template <class A, class B>
Tensor select(const Tensor& c, const A& a, const B& b) {
  return where(c, a, b);
}

struct Unary {
  Tensor (*gradient)(const Tensor& x, const Tensor& y, const Tensor& dy);
};
struct Binary {
  Tensor (*gradient[2])(const Tensor& a, const Tensor& b, const Tensor& y, const Tensor& dy);
};
#define GRUS_UNARY(name, value, expression, ...)                                                    \
  constexpr Unary name##_row{[]([[maybe_unused]] const Tensor& x, [[maybe_unused]] const Tensor& y, \
                                const Tensor& dy) -> Tensor { return expression; }};
#define GRUS_BINARY(name, value, da, db, ...)                                                                   \
  constexpr Binary name##_row{{[]([[maybe_unused]] const Tensor& a, [[maybe_unused]] const Tensor& b,           \
                                  [[maybe_unused]] const Tensor& y, const Tensor& dy) -> Tensor { return da; }, \
                               []([[maybe_unused]] const Tensor& a, [[maybe_unused]] const Tensor& b,           \
                                  [[maybe_unused]] const Tensor& y, const Tensor& dy) -> Tensor { return db; }}};
#define GRUS_COMPARE(...)
#include "core/device/elementwise.def"

}  // namespace tensors

namespace {

#define GRUS_UNARY(name, ...) const Op name##_op(#name);
#define GRUS_BINARY(name, ...) const Op name##_op(#name);
#define GRUS_COMPARE(...)
#include "core/device/elementwise.def"
const Op clamp_op("clamp");

bool tracked(const Tensor& x) { return Tape::active() && Tape::active()->tracks(x); }

constexpr bool takes_integers(BinaryOp op) { return has_integer_form(op); }

void require_type(BinaryOp op, const char* name, const Tensor& x) {
  return takes_integers(op) ? require_number(name, x) : require_float(name, x);
}

constinit const Tensor nothing;
/// Returns x as its gradient saves it: undefined where it does not read it.
TensorArg if_needed(bool needed, bool as_it_is, const Tensor& x) {
  TensorArg saved(needed ? x : nothing);
  saved.exact = as_it_is;
  return saved;
}

/// Returns a view of x. Where x is undefined, as the gradient does not read it, `instead`, of y's shape, stands for it.
View view_or(const Tensor& x, const Tensor& instead) {
  return x.defined() ? Raw::broadcast_view(x, instead.shape()) : Raw::view(instead);
}

constexpr bool takes_integers(UnaryOp op) {
  switch (op) {
    case UnaryOp::neg:
    case UnaryOp::abs:
    case UnaryOp::square:
    case UnaryOp::relu:
    case UnaryOp::sign:
    case UnaryOp::floor:
    case UnaryOp::ceil:
    case UnaryOp::round:
      return true;
    default:
      return false;
  }
}

/// Computes op on i32 or i64 by ops that take integers. Undefined where op has no integer form.
Tensor of_integers(UnaryOp op, const Tensor& x) {
  switch (op) {
    case UnaryOp::neg:
      return sub(0.0, x);
    case UnaryOp::abs:
      return maximum(x, sub(0.0, x));
    case UnaryOp::square:
      return mul(x, x);
    case UnaryOp::relu:
      return maximum(x, 0.0);
    case UnaryOp::sign:
      return minimum(maximum(x, -1.0), 1.0);
    case UnaryOp::floor:
    case UnaryOp::ceil:
    case UnaryOp::round:
      return x.detach();
    default:
      return {};
  }
}

/// Records y where it stands, without a copy of the handle, whose cost shows beside the smallest ops.
template <size_t tensors, class Rule>
void record_in_place(const Op& op, const TensorArg (&args)[tensors], Tensor& y, const Rule& rule) {
  record_rule(op, args, std::span<Tensor, 1>(&y, 1), rule, parameters_of<Rule>());
}

template <UnaryOp op, const trace::Trace& traced, const tensors::Unary& row>
Tensor unary(const Op& recorded, const Tensor& x) {
  if (x.dtype() == DType::i32 || x.dtype() == DType::i64)
    if (Tensor y = of_integers(op, x); y.defined()) return y;
  if (takes_integers(op)) require_number(recorded.name(), x);
  require_float(recorded.name(), x);
  Tensor y = launch::unary(op, x, recorded.name());
  const auto add_gradient = [](Input dx, const Tensor& x, const Tensor& y, const Tensor& dy) {
    if (dx.recording()) return dx.add(row.gradient(x, y, dy));
    Tensor result = Tensor::empty(dy.shape(), dy.dtype(), dy.device());
    const Device device = dy.device();
    device.check(device.kernels().unary_gradient(device.context(), op, Raw::write_view(result), view_or(x, dy),
                                                 view_or(y, dy), Raw::view(dy)),
                 "elementwise gradient");
    dx.add(result);
  };
  constexpr unsigned mentions = traced.mentions;
  constexpr bool compares = traced.compares;
  if constexpr (mentions == 0) {
    record_in_place(recorded, {x}, y,
                    [add_gradient](const Tensor& dy, Input x) { add_gradient(x, nothing, nothing, dy); });
  } else {
    record_in_place(
        recorded,
        {x, if_needed(mentions & trace::mentions_x, compares, x), if_needed(mentions & trace::mentions_y, compares, y)},
        y,
        [add_gradient](const Tensor& dy, Input dx, const Tensor& x, const Tensor& y) { add_gradient(dx, x, y, dy); });
  }
  return y;
}

/// Adds the gradient with respect to side `wrt`: 0 is a, 1 is b. a, b and y are undefined where it does not read them.
template <BinaryOp op, int wrt, bool passes_dy, const tensors::Binary& row>
void add_binary_gradient(Input side, const Tensor& a, const Tensor& b, const Tensor& y, const Tensor& dy) {
  if (!side.wanted()) return;
  if (passes_dy) return add_sum_to(side, dy);
  if (side.recording()) return add_sum_to(side, row.gradient[wrt](a, b, y, dy));
  Tensor result = Tensor::empty(dy.shape(), dy.dtype(), dy.device());
  const Device device = dy.device();
  device.check(device.kernels().binary_gradient(device.context(), op, wrt, Raw::write_view(result), view_or(a, dy),
                                                view_or(b, dy), view_or(y, dy), Raw::view(dy)),
               "elementwise gradient");
  add_sum_to(side, result);
}

template <BinaryOp op, const trace::Trace (&traces)[2], const tensors::Binary& row>
Tensor binary(const Op& recorded, const Tensor& a, const Tensor& b) {
  const char* name = recorded.name();
  require_same_kind(name, a, b);
  require_type(op, name, a);
  Tensor y = a.shape() == b.shape() ? launch::binary(op, a, b, a.shape(), name)
                                    : launch::binary(op, a, b, broadcast(a.shape(), b.shape(), name), name);
  if constexpr ((traces[0].mentions | traces[1].mentions) == 0) {
    record_in_place(recorded, {a, b}, y, [](const Tensor& dy, Input a, Input b) {
      add_binary_gradient<op, 0, traces[0].is_dy, row>(a, nothing, nothing, nothing, dy);
      add_binary_gradient<op, 1, traces[1].is_dy, row>(b, nothing, nothing, nothing, dy);
    });
  } else {
    const unsigned needs = (tracked(a) ? traces[0].mentions : 0) | (tracked(b) ? traces[1].mentions : 0);
    constexpr bool compares = traces[0].compares || traces[1].compares;
    record_in_place(
        recorded,
        {a, b, if_needed(needs & trace::mentions_a, compares, a), if_needed(needs & trace::mentions_b, compares, b),
         if_needed(needs & trace::mentions_y, compares, y)},
        y, [](const Tensor& dy, Input da, Input db, const Tensor& a, const Tensor& b, const Tensor& y) {
          add_binary_gradient<op, 0, traces[0].is_dy, row>(da, a, b, y, dy);
          add_binary_gradient<op, 1, traces[1].is_dy, row>(db, a, b, y, dy);
        });
  }
  return y;
}

/// Returns a number as a tensor of the dtype of `like`. Throws unless the op takes that dtype and the dtype the number.
Tensor number_beside(BinaryOp op, const char* name, double value, const Tensor& like) {
  require<UsageError>(like.defined(), "[{}] need a tensor, got an undefined one", name);
  require_type(op, name, like);
  return launch::scalar(name, value, like);
}

}  // namespace

#define GRUS_UNARY(name, ...)                                                               \
  Tensor name(const Tensor& x) {                                                            \
    return unary<UnaryOp::name, trace::name##_gradient, tensors::name##_row>(name##_op, x); \
  }
#define GRUS_BINARY(name, ...)                                                                           \
  Tensor name(const Tensor& a, const Tensor& b) {                                                        \
    return binary<BinaryOp::name, trace::name##_gradient, tensors::name##_row>(name##_op, a, b);         \
  }                                                                                                      \
  Tensor name(const Tensor& a, double b) { return name(a, number_beside(BinaryOp::name, #name, b, a)); } \
  Tensor name(double a, const Tensor& b) { return name(number_beside(BinaryOp::name, #name, a, b), b); }
#define GRUS_COMPARE(...)
#include "core/device/elementwise.def"

Tensor rebinding::of_shape(const char* op, const Shape& shape, Tensor y) {
  require(y.shape() == shape, "[{}] need what leaves the shape {} as it is, got {}", op, shape, y.shape());
  return y;
}

Tensor clamp(const Tensor& x, double low, double high) {
  require_number("clamp", x);
  require<UsageError>(low <= high, "[clamp] need low <= high, got {} and {}", low, high);
  const Tensor least = launch::scalar("clamp", low, x), most = launch::scalar("clamp", high, x);
  const Tensor y = launch::binary(BinaryOp::minimum, launch::binary(BinaryOp::maximum, x, least, x.shape(), "clamp"),
                                  most, x.shape(), "clamp");
  note(clamp_op, [&] { return Noted{{"low", low}, {"high", high}}; });
  return record(clamp_op, {exact(x), exact(y)}, y,
                [](const Tensor& dy, SavedInput x, const Tensor& y) { x.add(where(equal(x.value, y), dy, 0.0)); });
}

Tensor gelu(const Tensor& x, GeluForm kind) {
  if (kind == GeluForm::exact) return gelu(x);
  require_float("gelu", x);
  // (1 + tanh(u)) / 2 = sigmoid(2 u). Beyond |x| = 22 it is 0 or 1 in f64 too, while the slope of u could overflow.
  const double scale = 2 * std::numbers::sqrt2 * std::numbers::inv_sqrtpi;  // 2 sqrt(2 / pi)
  const Tensor near = clamp(x, -22, 22);
  return x * sigmoid(near * (scale + scale * 0.044715 * square(near)));
}

}  // namespace grus
