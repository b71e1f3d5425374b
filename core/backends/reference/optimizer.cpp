// One step of SGD, Adam(W) or Adadelta by PyTorch's formulas, element by element, in double.
#include <cmath>

#include "core/backends/reference/access.h"
#include "core/backends/reference/reference.h"

namespace grus::reference {
namespace {

/// SGD (Sutskever et al. 2013, as PyTorch writes it): buf = momentum buf + g; value -= lr buf (Nesterov: lr (g +
/// momentum buf)).
double sgd(const OptimizerArgs& args, double g, double* momentum) {
  if (!momentum) return args.lr * g;
  *momentum = args.beta1 * *momentum + g;
  return args.lr * (args.nesterov ? g + args.beta1 * *momentum : *momentum);
}

/// Adam (Kingma and Ba 2015): m, v are running means of g, g^2; value -= lr (m / bias1) / (sqrt(v / bias2) + eps).
double adam(const OptimizerArgs& args, double g, double* m, double* v) {
  *m = args.beta1 * *m + (1 - args.beta1) * g;
  *v = args.beta2 * *v + (1 - args.beta2) * g * g;
  return args.lr * (*m / args.bias1) / (std::sqrt(*v / args.bias2) + args.eps);
}

/// Adadelta (Zeiler 2012): dx = sqrt(E[dx^2] + eps) / sqrt(E[g^2] + eps) g; value -= lr dx.
double adadelta(const OptimizerArgs& args, double g, double* square, double* square_step) {
  *square = args.beta1 * *square + (1 - args.beta1) * g * g;
  const double step = std::sqrt(*square_step + args.eps) / std::sqrt(*square + args.eps) * g;
  *square_step = args.beta1 * *square_step + (1 - args.beta1) * step * step;
  return args.lr * step;
}

double step_of(const OptimizerArgs& args, double g, double* first, double* second) {
  switch (args.kind) {
    case OptimizerKind::sgd:
      return sgd(args, g, first);
    case OptimizerKind::adam:
      return adam(args, g, first, second);
    case OptimizerKind::adadelta:
      return adadelta(args, g, first, second);
  }
  return 0;
}

template <class T>
void optimizer_step_of(const OptimizerArgs& args) {
  const int64_t n = size_of(args.value);
  T* const value = data<T>(args.value);
  const T* const grad = data<const T>(args.grad);
  T* const first = present(args.first) ? data<T>(args.first) : nullptr;
  T* const second = present(args.second) ? data<T>(args.second) : nullptr;
  T* const average = present(args.average) ? data<T>(args.average) : nullptr;
  const double factor = present(args.factor) ? static_cast<double>(*data<T>(args.factor)) : 1;
  if (factor == 0) return;
  const double scale = args.grad_scale * factor;
  for (int64_t i = 0; i < n; ++i) {
    auto x = static_cast<double>(value[i]);
    double a = first ? static_cast<double>(first[i]) : 0, b = second ? static_cast<double>(second[i]) : 0;
    x *= 1 - args.lr * args.decoupled_decay;
    const double g = static_cast<double>(grad[i]) * scale + args.weight_decay * x;
    x -= step_of(args, g, first ? &a : nullptr, &b);
    value[i] = static_cast<T>(x);
    if (first) first[i] = static_cast<T>(a);
    if (second) second[i] = static_cast<T>(b);
    if (average) average[i] = static_cast<T>(average[i] + (1 - args.average_decay) * (value[i] - average[i]));
  }
}

}  // namespace

void optimizer_step(const OptimizerArgs& args) {
  with_float("optimizer_step", args.value.dtype, [&]<class T>() { optimizer_step_of<T>(args); });
}

}  // namespace grus::reference
