// Norms over rows and their gradients: each row is read from memory once, then from the cache.
#include <cmath>
#include <vector>

#include "core/backends/cpu/entries.h"
#include "core/backends/cpu/rows.h"
#include "core/base/thread_pool.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "core/backends/cpu/norm.cpp"
#include "core/backends/cpu/simd_targets.h"

#include <hwy/foreach_target.h>  // keep before highway.h

#include <hwy/highway.h>

#include "core/backends/cpu/simd_rows-inl.h"

HWY_BEFORE_NAMESPACE();
namespace grus::cpu::HWY_NAMESPACE {

float sum_of_row(const float* x, int64_t count) {
  const Floats d;
  auto sum = hn::Zero(d);
  for_each_vector(count, [&](auto tag, int64_t j, size_t n) HWY_ATTR { sum = hn::Add(sum, load_some(tag, x + j, n)); });
  return sum_of_lanes(d, sum);
}

/// sum (x - mean)^2
float squares_of_row(const float* x, int64_t count, float mean) {
  const Floats d;
  const auto middle = hn::Set(d, mean);
  auto sum = hn::Zero(d);
  for_each_vector(count, [&](auto tag, int64_t j, size_t n) HWY_ATTR {
    auto gap = hn::Sub(load_some(tag, x + j, n), middle);
    if (n < hn::Lanes(tag)) gap = hn::IfThenElseZero(hn::FirstN(tag, n), gap);
    sum = hn::MulAdd(gap, gap, sum);
  });
  return sum_of_lanes(d, sum);
}

void norm_some_rows(const NormArgs& a, int64_t begin, int64_t end) {
  const int64_t count = a.x.cols;
  const float *weight = row_of(a.weight, 0), *bias = row_of(a.bias, 0);
  for (int64_t i = begin; i < end; ++i) {
    const float* x = row_of(a.x, i);
    float* y = row_of(a.y, i);
    const float mean = a.centred ? sum_of_row(x, count) / static_cast<float>(count) : 0;
    const float variance = squares_of_row(x, count, mean) / static_cast<float>(count);
    const float rstd = 1 / std::sqrt(variance + static_cast<float>(a.eps));
    const auto middle = hn::Set(Floats(), mean), scale = hn::Set(Floats(), rstd);
    for_each_vector(count, [&](auto d, int64_t j, size_t n) HWY_ATTR {
      auto v = hn::Mul(hn::Sub(load_some(d, x + j, n), middle), scale);
      if (weight) v = hn::Mul(v, load_some(d, weight + j, n));
      if (bias) v = hn::Add(v, load_some(d, bias + j, n));
      store_some(d, v, y + j, n);
    });
    if (a.centred) data<float>(a.mean)[i] = mean;
    data<float>(a.rstd)[i] = rstd;
  }
}

/// Adds the gradients of rows [begin, end): dx = rstd (g - mean(g) - n mean(g n)), n = (x - mean) rstd, g = dy weight.
/// dweight and dbias are the sums of this call, or null.
void norm_some_rows_backward(const NormBackwardArgs& a, float* dweight, float* dbias, int64_t begin, int64_t end) {
  const Floats d;
  const int64_t count = a.x.cols;
  const float* weight = row_of(a.weight, 0);
  for (int64_t i = begin; i < end; ++i) {
    const float *x = row_of(a.x, i), *dy = row_of(a.dy, i);
    float* dx = row_of(a.dx, i);
    const auto middle = hn::Set(d, a.centred ? data<float>(a.mean)[i] : 0.0f);
    const auto scale = hn::Set(d, data<float>(a.rstd)[i]);
    auto sums = hn::Zero(d), products = hn::Zero(d);
    for_each_vector(count, [&](auto tag, int64_t j, size_t n) HWY_ATTR {
      const auto normal = hn::Mul(hn::Sub(load_some(tag, x + j, n), middle), scale), slope = load_some(tag, dy + j, n);
      if (dweight) store_some(tag, hn::MulAdd(slope, normal, load_some(tag, dweight + j, n)), dweight + j, n);
      if (dbias) store_some(tag, hn::Add(slope, load_some(tag, dbias + j, n)), dbias + j, n);
      const auto g = weight ? hn::Mul(slope, load_some(tag, weight + j, n)) : slope;  // 0 past the row
      sums = hn::Add(sums, g);
      products = hn::MulAdd(g, normal, products);
    });
    if (!dx) continue;
    const float share = 1 / static_cast<float>(count);
    const auto mean = hn::Set(d, a.centred ? sum_of_lanes(d, sums) * share : 0.0f);
    const auto product = hn::Set(d, sum_of_lanes(d, products) * share);
    for_each_vector(count, [&](auto tag, int64_t j, size_t n) HWY_ATTR {
      const auto normal = hn::Mul(hn::Sub(load_some(tag, x + j, n), middle), scale), slope = load_some(tag, dy + j, n);
      const auto g = weight ? hn::Mul(slope, load_some(tag, weight + j, n)) : slope;
      const auto gap = hn::NegMulAdd(normal, product, hn::Sub(g, mean));
      store_some(tag, hn::MulAdd(scale, gap, load_some(tag, dx + j, n)), dx + j, n);
    });
  }
}

}  // namespace grus::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace grus::cpu {
namespace {
HWY_EXPORT(norm_some_rows);
HWY_EXPORT(norm_some_rows_backward);

void add_to(const Matrix& sums, const std::vector<float>& part) {
  if (!sums.buffer) return;
  float* to = data<float>(sums);
  for (size_t j = 0; j < part.size(); ++j) to[j] += part[j];
}
}  // namespace

Status norm_rows(Context* context, const NormArgs& args) {
  if (args.x.dtype != DType::f32) return reference_backend().norm_rows(context, args);
  const auto rows = [](auto&&... arguments) { HWY_DYNAMIC_DISPATCH(norm_some_rows)(arguments...); };
  parallel_for(args.x.rows, rows_per_task(args.x.cols), [&](int64_t begin, int64_t end) { rows(args, begin, end); });
  return Status::ok;
}

Status norm_rows_backward(Context* context, const NormBackwardArgs& args) {
  if (args.dy.dtype != DType::f32) return reference_backend().norm_rows_backward(context, args);
  const int tasks = ranges_of(args.x.rows, rows_per_task(args.x.cols));
  const auto cols = static_cast<size_t>(args.x.cols);
  // Every task has sums of its own; they are added in the order of the tasks.
  std::vector<std::vector<float>> weights(static_cast<size_t>(tasks)), biases(static_cast<size_t>(tasks));
  run_tasks(tasks, [&](int task) {
    std::vector<float>&weight = weights[static_cast<size_t>(task)], &bias = biases[static_cast<size_t>(task)];
    if (args.dweight.buffer) weight.assign(cols, 0.0f);
    if (args.dbias.buffer) bias.assign(cols, 0.0f);
    HWY_DYNAMIC_DISPATCH(norm_some_rows_backward)
    (args, args.dweight.buffer ? weight.data() : nullptr, args.dbias.buffer ? bias.data() : nullptr,
     args.x.rows * task / tasks, args.x.rows * (task + 1) / tasks);
  });
  for (size_t task = 0; task < weights.size(); ++task) {
    add_to(args.dweight, weights[task]);
    add_to(args.dbias, biases[task]);
  }
  return Status::ok;
}

}  // namespace grus::cpu
#endif
