// Softmax cross-entropy of rows of logits, which become their own gradient, in three passes over a row that stays in
// the cache.
#include <cmath>
#include <functional>
#include <limits>
#include <numeric>

#include "core/backends/cpu/entries.h"
#include "core/backends/cpu/rows.h"
#include "core/base/thread_pool.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "core/backends/cpu/cross_entropy.cpp"
#include "core/backends/cpu/simd_targets.h"

#include <hwy/foreach_target.h>  // keep before highway.h

#include <hwy/highway.h>

#include "core/backends/cpu/simd_rows-inl.h"

HWY_BEFORE_NAMESPACE();
namespace grus::cpu::HWY_NAMESPACE {

constexpr float minus_infinity = -std::numeric_limits<float>::infinity();

struct LogitSums {
  float largest, total;
};
LogitSums largest_and_total(const float* logits, int64_t classes) {
  const Floats d;
  auto largest = hn::Set(d, logits[0]), total = hn::Zero(d);
  for_each_vector(classes, [&](auto tag, int64_t j, size_t n) HWY_ATTR {
    const auto x = load_some(tag, logits + j, n);
    largest =
        n == hn::Lanes(tag) ? hn::Max(largest, x) : hn::Max(largest, hn::IfThenElse(hn::FirstN(tag, n), x, largest));
    total = hn::Add(total, x);
  });
  return {hn::GetLane(hn::MaxOfLanes(d, largest)), sum_of_lanes(d, total)};
}

/// Returns the sum of exp(logits - shift), which replace the logits when `keep`.
float exponentials(float* logits, int64_t classes, float shifted_by, bool keep) {
  const Floats d;
  const auto shift = hn::Set(d, shifted_by);
  auto sum = hn::Zero(d);
  for_each_vector(classes, [&](auto tag, int64_t j, size_t n) HWY_ATTR {
    const auto e = exp_of(hn::Sub(load_some(tag, logits + j, n), shift));
    sum = hn::Add(sum, n == hn::Lanes(tag) ? e : hn::IfThenElseZero(hn::FirstN(tag, n), e));
    if (keep) store_some(tag, e, logits + j, n);
  });
  return sum_of_lanes(d, sum);
}

/// x = scale x - shift
void scale_and_shift(float* x, int64_t count, float scale, float shift) {
  const auto factor = hn::Set(Floats(), scale), offset = hn::Set(Floats(), shift);
  for_each_vector(count, [&](auto d, int64_t j, size_t n)
                             HWY_ATTR { store_some(d, hn::MulSub(factor, load_some(d, x + j, n), offset), x + j, n); });
}

/// x = scale x - shift weight
void scale_and_shift(float* x, int64_t count, float scale, float shift, const float* weight) {
  const auto factor = hn::Set(Floats(), scale), offset = hn::Set(Floats(), shift);
  for_each_vector(count, [&](auto d, int64_t j, size_t n) HWY_ATTR {
    const auto shifts = hn::Mul(offset, load_some(d, weight + j, n));
    store_some(d, hn::MulSub(factor, load_some(d, x + j, n), shifts), x + j, n);
  });
}

/// Sums of a vector, and of its products with another, in f64.
double plain_sum(const float* x, int64_t count) { return std::accumulate(x, x + count, 0.0); }
double plain_dot(const float* x, const float* y, int64_t count) {
  return std::inner_product(x, x + count, y, 0.0, std::plus<>(),
                            [](float a, float b) { return static_cast<double>(a) * static_cast<double>(b); });
}

/// Tells whether every logit is -inf; vectors may have passed over a NaN among them.
bool no_class_left(const float* logits, int64_t classes, float largest) {
  return largest == minus_infinity && std::all_of(logits, logits + classes, [](float x) { return x == x; });
}

/// (1 - smoothing) nll + smoothing uniform, where a factor of 0 gives 0 also times infinity.
double smoothed(double smoothing, double nll, double uniform) {
  return (smoothing < 1 ? (1 - smoothing) * nll : 0) + (smoothing > 0 ? smoothing * uniform : 0);
}

/// Returns entry i of a vector of floats, or null when the vector is absent.
HWY_INLINE float* place_in(const Matrix& vector, int64_t i) {
  return vector.buffer ? data<float>(vector) + (vector.cols == 1 ? i * vector.row_stride : i) : nullptr;
}

/// A Share is how much a row with class weights counts: by its target's weight w and, where it is smoothed, by the sum
/// of all weights.
struct Share {
  const CrossEntropyArgs& args;
  double w, all;
  double hard() const { return (1 - args.smoothing) * w; }
  double even() const { return args.smoothing / static_cast<double>(args.logits.cols); }
  float loss(double nll, double weighted) const {
    return static_cast<float>(args.row_scale *
                              ((args.smoothing < 1 ? hard() * nll : 0) + (args.smoothing > 0 ? even() * weighted : 0)));
  }
  float of_p(float sum) const { return static_cast<float>(args.row_scale * (hard() + even() * all) / sum); }
  float of_each() const { return static_cast<float>(args.row_scale * even()); }
  float of_target() const { return static_cast<float>(args.row_scale * hard()); }
};

void cross_entropy_rows(const CrossEntropyArgs& a, int64_t begin, int64_t end) {
  const int64_t classes = a.logits.cols;
  const float* const weight = a.weight.buffer ? row_of(a.weight, 0) : nullptr;
  const double all_weights = weight ? plain_sum(weight, classes) : 0;
  for (int64_t i = begin; i < end; ++i) {
    float* logits = row_of(a.logits, i);
    const int64_t target = id_at(a.targets, i);
    float *loss_place = place_in(a.losses, i), *nll_place = place_in(a.nll, i);
    if (target == a.ignore) {
      *loss_place = 0;
      if (nll_place) *nll_place = 0;
      if (a.gradient) std::fill(logits, logits + classes, 0.0f);
      continue;
    }
    const auto [largest, total] = largest_and_total(logits, classes);
    const bool none = no_class_left(logits, classes, largest);
    const float at_target = logits[target], shift = none ? 0 : largest;
    const double weighted_total = weight && a.smoothing > 0 && !none ? plain_dot(logits, weight, classes) : 0;
    const float sum = exponentials(logits, classes, shift, a.gradient);
    const double log_sum = static_cast<double>(shift) + std::log(static_cast<double>(sum));
    const double nll = none ? HUGE_VAL : log_sum - at_target,
                 uniform = none ? HUGE_VAL : log_sum - static_cast<double>(total) / static_cast<double>(classes);
    if (weight) {
      Share share{a, weight[target], all_weights};
      *loss_place = share.loss(nll, none ? HUGE_VAL : all_weights * log_sum - weighted_total);
      if (nll_place) *nll_place = static_cast<float>(nll);
      if (!a.gradient) continue;
      scale_and_shift(logits, classes, none ? 0 : share.of_p(sum), share.of_each(), weight);
      logits[target] -= share.of_target();
      continue;
    }
    *loss_place = static_cast<float>(a.row_scale * smoothed(a.smoothing, nll, uniform));
    if (nll_place) *nll_place = static_cast<float>(nll);
    if (!a.gradient) continue;
    scale_and_shift(logits, classes, none ? 0 : static_cast<float>(a.row_scale / sum),
                    static_cast<float>(a.row_scale * a.smoothing / static_cast<double>(classes)));
    logits[target] -= static_cast<float>(a.row_scale * (1 - a.smoothing));
  }
}

}  // namespace grus::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace grus::cpu {
namespace {
HWY_EXPORT(cross_entropy_rows);

bool targets_are_classes(const CrossEntropyArgs& args) {
  for (int64_t i = 0; i < args.logits.rows; ++i)
    if (const int64_t target = id_at(args.targets, i);
        target != args.ignore && (target < 0 || target >= args.logits.cols))
      return false;
  return true;
}
}  // namespace

Status cross_entropy(Context* context, const CrossEntropyArgs& args) {
  // The reference backend gives the message for a wrong target.
  if (args.logits.dtype != DType::f32 || !targets_are_classes(args))
    return reference_backend().cross_entropy(context, args);
  const auto rows = [](auto&&... arguments) { HWY_DYNAMIC_DISPATCH(cross_entropy_rows)(arguments...); };
  parallel_for(args.logits.rows, rows_per_task(args.logits.cols),
               [&](int64_t begin, int64_t end) { rows(args, begin, end); });
  return Status::ok;
}

}  // namespace grus::cpu
#endif
