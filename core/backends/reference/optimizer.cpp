// One step of SGD, Adam(W) or Adadelta by PyTorch's formulas, element by element, in double.
#include <cmath>

#include "core/backends/reference/access.h"
#include "core/backends/reference/reference.h"

namespace grus::reference {
namespace {

/// Returns the memory of a tensor that an optimizer keeps, or null when it is absent.
template <class T>
T* kept(const Matrix& state) {
  return present(state) ? data<T>(state) : nullptr;
}

/// Goes through the elements. `step(g, first, second)` gives what the value falls by, and changes the kept numbers,
/// which are doubles meanwhile (an absent one is 0).
template <class T, class Step>
void each_element(const UpdateArgs& args, const Matrix& one, const Matrix& other, Step step) {
  const int64_t n = size_of(args.value);
  T* const value = data<T>(args.value);
  const T* const grad = data<const T>(args.grad);
  T *const first = kept<T>(one), *const second = kept<T>(other), *const average = kept<T>(args.average);
  const double factor = present(args.factor) ? static_cast<double>(*data<T>(args.factor)) : 1;
  if (!(std::abs(factor) > 0)) return;  // 0, or NaN
  const double scale = args.grad_scale * factor;
  for (int64_t i = 0; i < n; ++i) {
    auto x = static_cast<double>(value[i]);
    double a = first ? static_cast<double>(first[i]) : 0, b = second ? static_cast<double>(second[i]) : 0;
    x *= 1 - args.lr * args.decoupled_decay;
    const double g = static_cast<double>(grad[i]) * scale + args.weight_decay * x;
    x -= step(g, a, b);
    value[i] = static_cast<T>(x);
    if (first) first[i] = static_cast<T>(a);
    if (second) second[i] = static_cast<T>(b);
    if (average) average[i] = static_cast<T>(average[i] + (1 - args.average_decay) * (value[i] - average[i]));
  }
}

}  // namespace

// Sutskever et al. 2013, as PyTorch writes it.
void sgd_step(const SgdArgs& args) {
  const double lr = args.update.lr;
  const auto step = [&](double g, double& m, double&) {
    if (!present(args.m)) return lr * g;
    m = args.momentum * m + g;
    return lr * (args.nesterov ? g + args.momentum * m : m);
  };
  with_float("sgd_step", args.update.value.dtype, [&]<class T>() { each_element<T>(args.update, args.m, {}, step); });
}

// Kingma and Ba 2015.
void adam_step(const AdamArgs& args) {
  const auto step = [&](double g, double& m, double& v) {
    m = args.beta1 * m + (1 - args.beta1) * g;
    v = args.beta2 * v + (1 - args.beta2) * g * g;
    return args.update.lr * (m / args.bias1) / (std::sqrt(v / args.bias2) + args.eps);
  };
  with_float("adam_step", args.update.value.dtype,
             [&]<class T>() { each_element<T>(args.update, args.m, args.v, step); });
}

// Zeiler 2012.
void adadelta_step(const AdadeltaArgs& args) {
  const auto step = [&](double g, double& s, double& u) {
    s = args.rho * s + (1 - args.rho) * g * g;
    const double d = std::sqrt(u + args.eps) / std::sqrt(s + args.eps) * g;
    u = args.rho * u + (1 - args.rho) * d * d;
    return args.update.lr * d;
  };
  with_float("adadelta_step", args.update.value.dtype,
             [&]<class T>() { each_element<T>(args.update, args.s, args.u, step); });
}

}  // namespace grus::reference
