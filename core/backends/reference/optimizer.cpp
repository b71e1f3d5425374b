// One step of an optimizer, element by element. The formulas are PyTorch's.
#include <cmath>

#include "core/backends/reference/access.h"
#include "core/backends/reference/entries.h"

namespace grus::reference {
namespace {

template <class T>
struct Element {
  T& value;
  T *first, *second;  // null when unused
};

/// SGD with momentum (Sutskever et al. 2013 in PyTorch's form): b = m b + g; g = nesterov ? g + m b : b.
template <class T>
void sgd(const OptimizerArgs& a, Element<T> e, double g) {
  if (e.first) {
    *e.first = static_cast<T>(a.beta1 * *e.first + g);
    g = a.nesterov ? g + a.beta1 * *e.first : *e.first;
  }
  e.value = static_cast<T>(e.value - a.lr * g);
}

/// Adam (Kingma and Ba 2015): m, v; value -= lr * (m / bias1) / (sqrt(v / bias2) + eps).
template <class T>
void adam(const OptimizerArgs& a, Element<T> e, double g) {
  *e.first = static_cast<T>(a.beta1 * *e.first + (1 - a.beta1) * g);
  *e.second = static_cast<T>(a.beta2 * *e.second + (1 - a.beta2) * g * g);
  e.value = static_cast<T>(e.value - a.lr / a.bias1 * *e.first / (std::sqrt(*e.second / a.bias2) + a.eps));
}

/// Adadelta (Zeiler 2012): dx = sqrt(E[dx^2] + eps) / sqrt(E[g^2] + eps) * g.
template <class T>
void adadelta(const OptimizerArgs& a, Element<T> e, double g) {
  *e.first = static_cast<T>(a.beta1 * *e.first + (1 - a.beta1) * g * g);
  const double delta = std::sqrt(*e.second + a.eps) / std::sqrt(*e.first + a.eps) * g;
  *e.second = static_cast<T>(a.beta1 * *e.second + (1 - a.beta1) * delta * delta);
  e.value = static_cast<T>(e.value - a.lr * delta);
}

}  // namespace

Status optimizer_step(Context*, const OptimizerArgs& a) {
  return with_float(a.value.dtype, [&](auto zero) {
    using T = decltype(zero);
    T* value = data<T>(a.value);
    const T* grad = data<T>(a.grad);
    T *first = present(a.first) ? data<T>(a.first) : nullptr, *second = present(a.second) ? data<T>(a.second) : nullptr;
    for (int64_t i = 0; i < a.value.cols; ++i) {
      const double g = a.grad_scale * static_cast<double>(grad[i]) + a.weight_decay * static_cast<double>(value[i]);
      value[i] = static_cast<T>(value[i] * (1 - a.lr * a.decoupled_decay));
      const Element<T> element{value[i], first ? first + i : nullptr, second ? second + i : nullptr};
      if (a.kind == OptimizerKind::sgd) sgd(a, element, g);
      if (a.kind == OptimizerKind::adam) adam(a, element, g);
      if (a.kind == OptimizerKind::adadelta) adadelta(a, element, g);
      if (!present(a.average)) continue;
      T& average = data<T>(a.average)[i];
      average = static_cast<T>(average + (1 - a.average_decay) * static_cast<double>(value[i] - average));
    }
    return Status::ok;
  });
}

}  // namespace grus::reference
