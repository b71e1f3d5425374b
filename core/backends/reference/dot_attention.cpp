// Scaled dot-product attention (Vaswani et al. 2017) and its gradient, one query at a time.
#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "core/backends/reference/access.h"
#include "core/backends/reference/philox.h"
#include "core/backends/reference/reference.h"

namespace grus::reference {
namespace {

constexpr double minus_infinity = -std::numeric_limits<double>::infinity();

/// One query: sequence b, head h, step t.
struct Query {
  int64_t b, h, t;
};

template <class T>
T* row_of(const Matrix& x, const AttentionSide& side, const Query& at, int64_t step) {
  return data<T>(x) + at.h * x.batch_stride + row_at(side, at.b, step) * x.row_stride;
}

/// Returns how many keys the query may see: those before its sequence's end and, with causal, up to its own step.
int64_t keys_of(const DotAttentionArgs& a, const Query& at) {
  if (at.t >= steps_of(a.queries, at.b)) return 0;
  const int64_t keys = steps_of(a.keys, at.b);
  return a.causal ? std::clamp<int64_t>(at.t + a.past + 1, 0, keys) : keys;
}

template <class T>
double masked(const DotAttentionArgs& a, const Query& at, int64_t s, double e) {
  if (a.mask.rank == 0) return e;
  const int64_t* strides = a.mask.strides;
  const int64_t place = at.b * strides[0] + at.h * strides[1] + at.t * strides[2] + s * strides[3];
  if (a.mask.dtype == DType::boolean) return data<const bool>(a.mask)[place] ? e : minus_infinity;
  return e + static_cast<double>(data<const T>(a.mask)[place]);
}

template <class T>
double dot(const T* a, const T* b, int64_t count) {
  double sum = 0;
  for (int64_t j = 0; j < count; ++j) sum += static_cast<double>(a[j]) * static_cast<double>(b[j]);
  return sum;
}

template <class T>
std::vector<double> scores_of(const DotAttentionArgs& a, const Query& at) {
  std::vector<double> scores(static_cast<size_t>(keys_of(a, at)));
  for (size_t i = 0; i < scores.size(); ++i) {
    const auto s = static_cast<int64_t>(i);
    const T *q = row_of<const T>(a.q, a.queries, at, at.t), *k = row_of<const T>(a.k, a.keys, at, s);
    scores[i] = masked<T>(a, at, s, a.scale * dot(q, k, a.q.cols));
  }
  return scores;
}

/// Returns the factor that dropout gives the weight of key s.
double kept(const DotAttentionArgs& a, const Query& at, int64_t s) {
  if (a.dropout == 0) return 1;
  const auto e = static_cast<uint64_t>(((at.b * a.heads + at.h) * a.queries.count + at.t) * a.keys.count + s);
  return unit(philox_block(a.seed, a.draw, e / 4)[e % 4]) < a.dropout ? 0 : 1 / (1 - a.dropout);
}

template <class T>
void attend(const DotAttentionArgs& a, const Query& at) {
  std::vector<double> p = scores_of<T>(a, at), y(static_cast<size_t>(a.v.cols));
  const double largest = p.empty() ? minus_infinity : *std::max_element(p.begin(), p.end());
  const double shift = largest == minus_infinity ? 0 : largest;
  double sum = 0;
  for (double& e : p) sum += e = std::exp(e - shift);
  for (size_t i = 0; i < p.size() && sum != 0; ++i) {
    const auto s = static_cast<int64_t>(i);
    const T* v = row_of<const T>(a.v, a.keys, at, s);
    for (size_t j = 0; j < y.size(); ++j) y[j] += p[i] / sum * kept(a, at, s) * static_cast<double>(v[j]);
  }
  T* out = row_of<T>(a.y, a.queries, at, at.t);
  std::transform(y.begin(), y.end(), out, [](double x) { return static_cast<T>(x); });
  row<T>(a.lse, at.b * a.heads + at.h)[at.t] = static_cast<T>(sum == 0 ? minus_infinity : shift + std::log(sum));
}

template <class T>
void attend_backward(const DotAttentionBackwardArgs& args, const Query& at) {
  const DotAttentionArgs& a = args.forward;
  const auto lse = static_cast<double>(row<const T>(a.lse, at.b * a.heads + at.h)[at.t]);
  if (lse == minus_infinity) return;
  const std::vector<double> scores = scores_of<T>(a, at);
  const T *dy = row_of<const T>(args.dy, a.queries, at, at.t), *q = row_of<const T>(a.q, a.queries, at, at.t);
  const double mean = dot(dy, row_of<const T>(a.y, a.queries, at, at.t), a.v.cols);
  for (size_t i = 0; i < scores.size(); ++i) {
    const auto s = static_cast<int64_t>(i);
    const double p = std::exp(scores[i] - lse), keep = kept(a, at, s);
    const T *k = row_of<const T>(a.k, a.keys, at, s), *v = row_of<const T>(a.v, a.keys, at, s);
    const double de = a.scale * p * (keep * dot(dy, v, a.v.cols) - mean);
    if (present(args.dv))
      for (int64_t j = 0; j < a.v.cols; ++j)
        row_of<T>(args.dv, a.keys, at, s)[j] += static_cast<T>(p * keep * static_cast<double>(dy[j]));
    for (int64_t j = 0; j < a.q.cols; ++j) {
      if (present(args.dq))
        row_of<T>(args.dq, a.queries, at, at.t)[j] += static_cast<T>(de * static_cast<double>(k[j]));
      if (present(args.dk)) row_of<T>(args.dk, a.keys, at, s)[j] += static_cast<T>(de * static_cast<double>(q[j]));
    }
  }
}

template <class F>
void for_each_query(const DotAttentionArgs& a, F f) {
  for (int64_t b = 0; b < a.batch; ++b)
    for (int64_t h = 0; h < a.heads; ++h)
      for (int64_t t = 0; t < rows_of(a.queries, b); ++t) f(Query{b, h, t});
}

}  // namespace

void dot_attention(const DotAttentionArgs& args) {
  with_float("dot_attention", args.q.dtype,
             [&]<class T>() { for_each_query(args, [&](const Query& at) { attend<T>(args, at); }); });
}

void dot_attention_backward(const DotAttentionBackwardArgs& args) {
  with_float("dot_attention_backward", args.dy.dtype,
             [&]<class T>() { for_each_query(args.forward, [&](const Query& at) { attend_backward<T>(args, at); }); });
}

}  // namespace grus::reference
