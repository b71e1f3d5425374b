// Additive attention, one pass over the keys of each query; the backward pass computes tanh again rather than keep it.
#include <vector>

#include "core/backends/cpu/entries.h"
#include "core/backends/cpu/rows.h"
#include "core/base/thread_pool.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "core/backends/cpu/attention.cpp"
#include "core/backends/cpu/simd_targets.h"

#include <hwy/foreach_target.h>  // keep before highway.h

#include <hwy/highway.h>

#include "core/backends/cpu/simd_rows-inl.h"

HWY_BEFORE_NAMESPACE();
namespace grus::cpu::HWY_NAMESPACE {

HWY_INLINE int64_t memory_row(const AttentionArgs& a, int64_t i, int64_t s) {
  return index_at(a.starts, s) + index_at(a.columns, i);
}

float dot(const float* a, const float* b, int64_t count) {
  const Floats d;
  auto sum = hn::Zero(d);
  for_each_vector(count, [&](auto tag, int64_t j, size_t n)
                             HWY_ATTR { sum = hn::MulAdd(load_some(tag, a + j, n), load_some(tag, b + j, n), sum); });
  return sum_of_lanes(d, sum);
}

/// y += scale * x
void add_scaled(float scale, const float* x, float* y, int64_t count) {
  const auto factor = hn::Set(Floats(), scale);
  for_each_vector(count, [&](auto d, int64_t j, size_t n) HWY_ATTR {
    store_some(d, hn::MulAdd(factor, load_some(d, x + j, n), load_some(d, y + j, n)), y + j, n);
  });
}

/// v . tanh(query + key)
float score(const float* query, const float* key, const float* v, int64_t width) {
  const Floats d;
  auto sum = hn::Zero(d);
  for_each_vector(width, [&](auto tag, int64_t j, size_t n) HWY_ATTR {
    const auto t = tanh_of(hn::Add(load_some(tag, query + j, n), load_some(tag, key + j, n)));
    sum = hn::MulAdd(load_some(tag, v + j, n), t, sum);  // lanes past the row have v = 0
  });
  return sum_of_lanes(d, sum);
}

void softmax_in_place(float* weights, int64_t length) {
  float largest = weights[0];
  for (int64_t s = 1; s < length; ++s) largest = std::max(largest, weights[s]);
  const auto shift = hn::Set(Floats(), largest);
  for_each_vector(length, [&](auto d, int64_t s, size_t n) HWY_ATTR {
    store_some(d, exp_of(hn::Sub(load_some(d, weights + s, n), shift)), weights + s, n);
  });
  float sum = 0;
  for (int64_t s = 0; s < length; ++s) sum += weights[s];
  for (int64_t s = 0; s < length; ++s) weights[s] /= sum;
}

void attention_rows(const AttentionArgs& a, int64_t begin, int64_t end) {
  for (int64_t i = begin; i < end; ++i) {
    const int64_t length = index_at(a.lengths, i);
    float *weights = row_of(a.weights, i), *context = row_of(a.context, i);
    std::fill(weights + length, weights + a.weights.cols, 0.0f);
    std::fill(context, context + a.context.cols, 0.0f);
    if (length == 0) continue;
    for (int64_t s = 0; s < length; ++s)
      weights[s] = score(row_of(a.query, i), row_of(a.keys, memory_row(a, i, s)), data<float>(a.v), a.query.cols);
    softmax_in_place(weights, length);
    for (int64_t s = 0; s < length; ++s)
      add_scaled(weights[s], row_of(a.values, memory_row(a, i, s)), context, a.context.cols);
  }
}

/// Adds what one key gives to the query's, the key's and v's gradients: slope = dscore v (1 - t^2) to the first two,
/// dscore t to v's.
void score_backward(float dscore, const float* query, const float* key, const float* v, float* dquery, float* dkey,
                    float* dv, int64_t width) {
  const auto factor = hn::Set(Floats(), dscore);
  for_each_vector(width, [&](auto d, int64_t j, size_t n) HWY_ATTR {
    const auto load = [&](const float* from) HWY_ATTR { return load_some(d, from + j, n); };
    const auto t = tanh_of(hn::Add(load(query), load(key)));
    const auto slope = hn::Mul(hn::Mul(factor, load(v)), hn::NegMulAdd(t, t, hn::Set(d, 1.0f)));
    store_some(d, hn::Add(load(dquery), slope), dquery + j, n);
    store_some(d, hn::Add(load(dkey), slope), dkey + j, n);
    store_some(d, hn::MulAdd(factor, t, load(dv)), dv + j, n);
  });
}

/// Computes the gradients of the scores of query i; with `values` also adds its part of the values' gradient.
void scores_slope(const AttentionBackwardArgs& b, int64_t i, float* dscores, bool values) {
  const AttentionArgs& a = b.forward;
  const int64_t length = index_at(a.lengths, i);
  const float *weights = row_of(a.weights, i), *dcontext = row_of(b.dcontext, i), *dweights = row_of(b.dweights, i);
  float mean = 0;
  for (int64_t s = 0; s < length; ++s) {
    const int64_t place = memory_row(a, i, s);
    dscores[s] = dot(dcontext, row_of(a.values, place), b.dcontext.cols) + (dweights ? dweights[s] : 0.0f);
    mean += weights[s] * dscores[s];
    if (values && b.dvalues.buffer) add_scaled(weights[s], dcontext, row_of(b.dvalues, place), b.dcontext.cols);
  }
  for (int64_t s = 0; s < length; ++s) dscores[s] = weights[s] * (dscores[s] - mean);
}

/// Adds columns [from, from + width) of the gradients of query i, of its keys and of v, given those of its scores.
void query_slope(const AttentionBackwardArgs& b, int64_t i, const float* dscores, float* dv, int64_t from,
                 int64_t width) {
  const AttentionArgs& a = b.forward;
  const int64_t length = index_at(a.lengths, i);
  float* dquery = row_of(b.dquery, i) + from;
  std::fill(dquery, dquery + width, 0.0f);
  for (int64_t s = 0; s < length; ++s) {
    const int64_t place = memory_row(a, i, s);
    score_backward(dscores[s], row_of(a.query, i) + from, row_of(a.keys, place) + from, data<float>(a.v) + from, dquery,
                   row_of(b.dkeys, place) + from, dv, width);
  }
}

void attention_backward_rows(const AttentionBackwardArgs& b, float* dv, int64_t begin, int64_t end) {
  std::vector<float> dscores(static_cast<size_t>(b.forward.weights.cols));
  for (int64_t i = begin; i < end; ++i) {
    scores_slope(b, i, dscores.data(), true);
    query_slope(b, i, dscores.data(), dv, 0, b.forward.query.cols);
  }
}

// Rows that share a source take three steps, each of which owns what it adds to: rows, columns of the keys, columns of
// the values.
void score_slopes(const AttentionBackwardArgs& b, float* dscores, int64_t begin, int64_t end) {
  for (int64_t i = begin; i < end; ++i) scores_slope(b, i, dscores + i * b.forward.weights.cols, false);
}
void key_columns(const AttentionBackwardArgs& b, const float* dscores, int64_t from, int64_t width) {
  for (int64_t i = 0; i < b.dquery.rows; ++i)
    query_slope(b, i, dscores + i * b.forward.weights.cols, data<float>(b.dv) + from, from, width);
}
void value_columns(const AttentionBackwardArgs& b, int64_t from, int64_t width) {
  for (int64_t i = 0; i < b.dquery.rows; ++i) {
    const int64_t length = index_at(b.forward.lengths, i);
    for (int64_t s = 0; s < length; ++s)
      add_scaled(row_of(b.forward.weights, i)[s], row_of(b.dcontext, i) + from,
                 row_of(b.dvalues, memory_row(b.forward, i, s)) + from, width);
  }
}

}  // namespace grus::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace grus::cpu {
namespace {
HWY_EXPORT(attention_rows);
HWY_EXPORT(attention_backward_rows);
HWY_EXPORT(score_slopes);
HWY_EXPORT(key_columns);
HWY_EXPORT(value_columns);

int64_t queries_per_task(const AttentionArgs& a) {
  return rows_per_task(a.weights.cols * (a.query.cols + a.values.cols));
}

/// Calls f(from, width) for strips of `cols` columns of a sum over `rows` rows, which has the same bits on any number
/// of threads.
template <class F>
void for_column_strips(int64_t rows, int64_t cols, F f) {
  constexpr int64_t line = 16;
  const int64_t lines = (cols + line - 1) / line;
  parallel_for(lines, elements_per_task / (rows * line + 1) + 1,
               [&](int64_t first, int64_t last) { f(first * line, std::min(cols, last * line) - first * line); });
}

void shared_attention_backward(const AttentionBackwardArgs& args) {
  const int64_t rows = args.dquery.rows, steps = args.forward.weights.cols, cols = args.dcontext.cols;
  std::vector<float> dscores(static_cast<size_t>(rows * steps));
  parallel_for(rows, rows_per_task(steps * cols), [&](int64_t begin, int64_t end) {
    HWY_DYNAMIC_DISPATCH(score_slopes)(args, dscores.data(), begin, end);
  });
  for_column_strips(rows * steps, args.dquery.cols, [&](int64_t from, int64_t width) {
    HWY_DYNAMIC_DISPATCH(key_columns)(args, dscores.data(), from, width);
  });
  if (!args.dvalues.buffer) return;
  for_column_strips(rows * steps, cols, [&](int64_t from, int64_t width) {
    HWY_DYNAMIC_DISPATCH(value_columns)(args, from, width);
  });
}
}  // namespace

Status attention(Context* context, const AttentionArgs& args) {
  if (args.query.dtype != DType::f32) return reference_backend().attention(context, args);
  const auto rows = [](auto&&... arguments) { HWY_DYNAMIC_DISPATCH(attention_rows)(arguments...); };
  parallel_for(args.query.rows, queries_per_task(args), [&](int64_t begin, int64_t end) { rows(args, begin, end); });
  return Status::ok;
}

Status attention_backward(Context* context, const AttentionBackwardArgs& args) {
  if (args.dquery.dtype != DType::f32) return reference_backend().attention_backward(context, args);
  if (args.shared) {
    shared_attention_backward(args);
    return Status::ok;
  }
  const auto rows = [](auto&&... arguments) { HWY_DYNAMIC_DISPATCH(attention_backward_rows)(arguments...); };
  const int64_t count = args.dquery.rows, width = args.dquery.cols;
  // Every task has a gradient of v of its own; they are added in the order of the tasks.
  const int tasks = ranges_of(count, queries_per_task(args.forward));
  std::vector<float> partial(static_cast<size_t>(tasks * width), 0.0f);
  run_tasks(tasks, [&](int task) {
    rows(args, partial.data() + task * width, count * task / tasks, count * (task + 1) / tasks);
  });
  float* dv = data<float>(args.dv);
  for (int task = 0; task < tasks; ++task)
    for (int64_t j = 0; j < width; ++j) dv[j] += partial[static_cast<size_t>(task * width + j)];
  return Status::ok;
}

}  // namespace grus::cpu
#endif
