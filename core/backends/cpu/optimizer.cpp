// Optimizer steps: clip, decay, moments, update and average in one pass over memory.
#include <cmath>

#include "core/backends/cpu/entries.h"
#include "core/backends/cpu/rows.h"
#include "core/base/thread_pool.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "core/backends/cpu/optimizer.cpp"
#include "core/backends/cpu/simd_targets.h"

#include <hwy/foreach_target.h>  // keep before highway.h

#include <hwy/highway.h>

#include "core/backends/cpu/simd_rows-inl.h"

HWY_BEFORE_NAMESPACE();
namespace grus::cpu::HWY_NAMESPACE {

using V = hn::Vec<Floats>;
HWY_INLINE V constant(double value) { return hn::Set(Floats(), static_cast<float>(value)); }

/// Each optimizer gives the change of the value from the gradient and the moments, which it updates.
struct Sgd {
  explicit Sgd(const SgdArgs& a)
      : lr(constant(a.update.lr)), momentum(constant(a.momentum)), has_momentum(a.m.buffer), nesterov(a.nesterov) {}
  HWY_INLINE V change(V g, V& first, V&) const {
    if (!has_momentum) return hn::Mul(lr, g);
    first = hn::MulAdd(momentum, first, g);
    return hn::Mul(lr, nesterov ? hn::MulAdd(momentum, first, g) : first);
  }
  V lr, momentum;
  bool has_momentum, nesterov;
};

struct Adam {
  explicit Adam(const AdamArgs& a)
      : rate(constant(a.update.lr / a.bias1)),
        beta1(constant(a.beta1)),
        beta2(constant(a.beta2)),
        new1(constant(1 - a.beta1)),
        new2(constant(1 - a.beta2)),
        unbias2(constant(1 / a.bias2)),
        eps(constant(a.eps)) {}
  HWY_INLINE V change(V g, V& first, V& second) const {
    first = hn::MulAdd(beta1, first, hn::Mul(new1, g));
    second = hn::MulAdd(beta2, second, hn::Mul(hn::Mul(new2, g), g));
    return hn::Div(hn::Mul(rate, first), hn::Add(hn::Sqrt(hn::Mul(second, unbias2)), eps));
  }
  V rate, beta1, beta2, new1, new2, unbias2, eps;
};

struct Adadelta {
  explicit Adadelta(const AdadeltaArgs& a)
      : lr(constant(a.update.lr)), rho(constant(a.rho)), fresh(constant(1 - a.rho)), eps(constant(a.eps)) {}
  HWY_INLINE V change(V g, V& first, V& second) const {
    first = hn::MulAdd(rho, first, hn::Mul(hn::Mul(fresh, g), g));
    const V delta = hn::Mul(hn::Sqrt(hn::Div(hn::Add(second, eps), hn::Add(first, eps))), g);
    second = hn::MulAdd(rho, second, hn::Mul(hn::Mul(fresh, delta), delta));
    return hn::Mul(lr, delta);
  }
  V lr, rho, fresh, eps;
};

template <class Rule>
void steps_by(const Rule& rule, const UpdateArgs& a, const Matrix& one, const Matrix& other, int64_t begin,
              int64_t end) {
  float *value = row_of(a.value, 0), *average = row_of(a.average, 0), *first = row_of(one, 0),
        *second = row_of(other, 0);
  const float* grad = row_of(a.grad, 0);
  const V scale = constant(a.grad_scale), decay = constant(a.weight_decay),
          shrink = constant(1 - a.lr * a.decoupled_decay);
  const V to_average = constant(1 - a.average_decay);
  for_each_vector(end - begin, [&](auto d, int64_t offset, size_t n) HWY_ATTR {
    const int64_t j = begin + offset;
    V w = hn::Mul(load_some(d, value + j, n), shrink);
    const V g = hn::MulAdd(decay, w, hn::Mul(scale, load_some(d, grad + j, n)));
    V m = first ? load_some(d, first + j, n) : hn::Zero(d), v = second ? load_some(d, second + j, n) : hn::Zero(d);
    w = hn::Sub(w, rule.change(g, m, v));
    store_some(d, w, value + j, n);
    if (first) store_some(d, m, first + j, n);
    if (second) store_some(d, v, second + j, n);
    if (!average) return;
    const V old = load_some(d, average + j, n);
    store_some(d, hn::MulAdd(to_average, hn::Sub(w, old), old), average + j, n);
  });
}

void sgd_elements(const SgdArgs& a, int64_t begin, int64_t end) { steps_by(Sgd(a), a.update, a.m, {}, begin, end); }
void adam_elements(const AdamArgs& a, int64_t begin, int64_t end) { steps_by(Adam(a), a.update, a.m, a.v, begin, end); }
void adadelta_elements(const AdadeltaArgs& a, int64_t begin, int64_t end) {
  steps_by(Adadelta(a), a.update, a.s, a.u, begin, end);
}

}  // namespace grus::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace grus::cpu {
namespace {
HWY_EXPORT(sgd_elements);
HWY_EXPORT(adam_elements);
HWY_EXPORT(adadelta_elements);

/// Shares the elements out among threads: `elements(scaled, begin, end)` takes its part of them.
template <class Args, class Elements>
Status steps(Args scaled, Elements elements) {
  UpdateArgs& update = scaled.update;
  const float factor = update.factor.buffer ? *row_of(update.factor, 0) : 1;
  if (!(std::abs(factor) > 0)) return Status::ok;  // 0, or NaN
  update.grad_scale *= static_cast<double>(factor);
  parallel_for(update.value.rows * update.value.cols, 4 * elements_per_task,
               [&](int64_t begin, int64_t end) { elements(scaled, begin, end); });
  return Status::ok;
}

}  // namespace

Status sgd_step(Context* context, const SgdArgs& args) {
  if (args.update.value.dtype != DType::f32) return reference_backend().sgd_step(context, args);
  return steps(args, [](auto&&... share) { HWY_DYNAMIC_DISPATCH(sgd_elements)(share...); });
}
Status adam_step(Context* context, const AdamArgs& args) {
  if (args.update.value.dtype != DType::f32) return reference_backend().adam_step(context, args);
  return steps(args, [](auto&&... share) { HWY_DYNAMIC_DISPATCH(adam_elements)(share...); });
}
Status adadelta_step(Context* context, const AdadeltaArgs& args) {
  if (args.update.value.dtype != DType::f32) return reference_backend().adadelta_step(context, args);
  return steps(args, [](auto&&... share) { HWY_DYNAMIC_DISPATCH(adadelta_elements)(share...); });
}

}  // namespace grus::cpu
#endif
