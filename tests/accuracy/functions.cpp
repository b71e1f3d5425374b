#include "tests/accuracy/functions.h"

#include <cmath>
#include <numbers>

#include "core/tape/tape.h"
#include "ops/math/elementwise.h"

namespace grus::accuracy {
namespace {

/// f'(x), as a tape computes it.
template <Tensor (*f)(const Tensor&)>
Tensor slope(const Tensor& x) {
  Tape tape;
  const Tensor watched = tape.watch(x), y = f(watched);
  const Tensor seed = Tensor::ones(y.shape(), y.dtype(), y.device());
  return tape.grad(y, {&watched, 1}, false, seed)[0];
}

Tensor gelu_exact(const Tensor& x) { return gelu(x, GeluForm::exact); }
Tensor gelu_tanh(const Tensor& x) { return gelu(x, GeluForm::tanh); }

/// x p, but 0 where p has vanished, whatever x is.
template <class R>
R times(R x, R p) {
  return p == 0 ? 0 : x * p;
}

// These functions take double and long double.
namespace exact {

template <class R>
constexpr R pi = std::numbers::pi_v<R>;

constexpr auto exp = [](auto x) { return std::exp(x); };
constexpr auto log = [](auto x) { return std::log(x); };
constexpr auto sqrt = [](auto x) { return std::sqrt(x); };
constexpr auto reciprocal = [](auto x) { return 1 / x; };
constexpr auto tanh = [](auto x) { return std::tanh(x); };
constexpr auto erf = [](auto x) { return std::erf(x); };
constexpr auto sin = [](auto x) { return std::sin(x); };
constexpr auto cos = [](auto x) { return std::cos(x); };
constexpr auto to_2_5 = [](auto x) { return std::pow(x, decltype(x)(2.5)); };
constexpr auto to_minus_1_75 = [](auto x) { return std::pow(x, decltype(x)(-1.75)); };
constexpr auto of_1_25 = [](auto x) { return std::pow(decltype(x)(1.25), x); };
constexpr auto expm1 = [](auto x) { return std::expm1(x); };
constexpr auto log1p = [](auto x) { return std::log1p(x); };
constexpr auto rsqrt = [](auto x) { return 1 / std::sqrt(x); };
constexpr auto tan = [](auto x) { return std::tan(x); };
constexpr auto atan = [](auto x) { return std::atan(x); };
constexpr auto atan2_3 = [](auto x) { return std::atan2(x, decltype(x)(-3)); };
constexpr auto atan2_of_3 = [](auto x) { return std::atan2(decltype(x)(3), x); };
constexpr auto modulo = [](auto x) {
  const auto rest = std::fmod(x, decltype(x)(-0.75));
  return rest > 0 ? rest - decltype(x)(0.75) : rest;
};
constexpr auto sigmoid = [](auto x) {
  const auto e = std::exp(-std::abs(x));
  return (x < 0 ? e : decltype(x)(1)) / (1 + e);
};
constexpr auto softplus = [](auto x) { return (x > 0 ? x : 0) + std::log1p(std::exp(-std::abs(x))); };
constexpr auto silu = [](auto x) { return times(x, sigmoid(x)); };
constexpr auto normal_cdf = [](auto x) { return std::erfc(-x / std::sqrt(decltype(x)(2))) / 2; };
constexpr auto normal_density = [](auto x) { return std::exp(-x * x / 2) / std::sqrt(2 * pi<decltype(x)>); };
constexpr auto gelu = [](auto x) { return times(x, normal_cdf(x)); };
/// The tanh form of gelu is x sigmoid(inner(x)).
constexpr auto inner = [](auto x) {
  return 2 * std::sqrt(2 / pi<decltype(x)>) * (x + decltype(x)(0.044715L) * x * x * x);
};
constexpr auto inner_slope = [](auto x) {
  return 2 * std::sqrt(2 / pi<decltype(x)>) * (1 + 3 * decltype(x)(0.044715L) * x * x);
};
constexpr auto gelu_tanh = [](auto x) { return times(x, sigmoid(inner(x))); };

constexpr auto sigmoid_slope = [](auto x) { return sigmoid(x) * sigmoid(-x); };
constexpr auto tanh_slope = [](auto x) { return 4 * sigmoid_slope(2 * x); };
constexpr auto erf_slope = [](auto x) { return 2 / std::sqrt(pi<decltype(x)>) * std::exp(-x * x); };
constexpr auto silu_slope = [](auto x) { return sigmoid(x) + times(x, sigmoid_slope(x)); };
constexpr auto gelu_slope = [](auto x) { return normal_cdf(x) + times(x, normal_density(x)); };
constexpr auto gelu_tanh_slope = [](auto x) {
  const auto slope = sigmoid_slope(inner(x));
  return sigmoid(inner(x)) + (slope == 0 ? 0 : x * slope * inner_slope(x));
};

}  // namespace exact

template <class F>
constexpr Function row(const char* name, Tensor (*compute)(const Tensor&), F exact, double most_f32, double most_f64,
                       double floor = 0, bool at_infinity = true) {
  return {name, compute, exact, exact, most_f32, most_f64, floor, at_infinity};
}

Tensor atan2_3(const Tensor& x) { return atan2(x, -3.0); }
Tensor atan2_of_3(const Tensor& x) { return atan2(3.0, x); }
Tensor modulo(const Tensor& x) { return remainder(x, -0.75); }
Tensor to_2_5(const Tensor& x) { return pow(x, 2.5); }
Tensor to_minus_1_75(const Tensor& x) { return pow(x, -1.75); }
Tensor of_1_25(const Tensor& x) { return pow(1.25, x); }

}  // namespace

const std::vector<Function>& functions() {
  // The slopes of silu and of gelu's tanh form take 1 - p of a p near 1, and multiply what it lost by x and more.
  static const std::vector<Function> all = {
      row("exp", exp, exact::exp, 2, 2),
      row("log", log, exact::log, 2, 2),
      row("sqrt", sqrt, exact::sqrt, 0.51, 0.51),
      row("reciprocal", reciprocal, exact::reciprocal, 0.51, 0.51),
      row("tanh", tanh, exact::tanh, 2, 2.2),
      row("sigmoid", sigmoid, exact::sigmoid, 2, 2),
      row("softplus", softplus, exact::softplus, 2, 3),
      row("erf", erf, exact::erf, 2, 2),
      row("sin", sin, exact::sin, 2, 2),
      row("cos", cos, exact::cos, 2, 2),
      row("expm1", expm1, exact::expm1, 2, 2),
      row("log1p", log1p, exact::log1p, 2, 2),
      row("rsqrt", rsqrt, exact::rsqrt, 2, 2),
      row("tan", tan, exact::tan, 2, 2),
      row("atan", atan, exact::atan, 2, 2),
      row("atan2(x,-3)", atan2_3, exact::atan2_3, 3, 2),
      row("atan2(3,x)", atan2_of_3, exact::atan2_of_3, 3, 2),
      row("x mod -.75", modulo, exact::modulo, 1, 1),
      row("x^2.5", to_2_5, exact::to_2_5, 2, 2),
      row("x^-1.75", to_minus_1_75, exact::to_minus_1_75, 2, 2),
      row("1.25^x", of_1_25, exact::of_1_25, 2, 2),
      row("silu", silu, exact::silu, 4, 4, 1e-30, false),
      row("gelu", gelu_exact, exact::gelu, 2, 2, 1, false),
      row("gelu_tanh", gelu_tanh, exact::gelu_tanh, 2, 2, 1, false),
      row("tanh'", slope<tanh>, exact::tanh_slope, 3, 3, 1),
      row("sigmoid'", slope<sigmoid>, exact::sigmoid_slope, 1, 1, 1),
      row("softplus'", slope<softplus>, exact::sigmoid, 2, 2),
      row("erf'", slope<erf>, exact::erf_slope, 2, 2, 1),
      row("silu'", slope<silu>, exact::silu_slope, 9, 20, 1, false),
      row("gelu'", slope<gelu_exact>, exact::gelu_slope, 2, 2, 1, false),
      row("gelu_tanh'", slope<gelu_tanh>, exact::gelu_tanh_slope, 18, 45, 1, false)};
  return all;
}

}  // namespace grus::accuracy
