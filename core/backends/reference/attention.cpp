// Additive attention (Bahdanau et al. 2014, A.1.2) and its gradient, one query at a time:
//   e[s] = v . tanh(query + keys[s])     a = softmax(e)     context = sum_s a[s] values[s]
#include <algorithm>
#include <cmath>
#include <vector>

#include "core/backends/reference/access.h"
#include "core/backends/reference/reference.h"

namespace grus::reference {
namespace {

/// Returns the packed row of keys and values that query i sees at source step s.
int64_t source_row(const AttentionArgs& args, int64_t i, int64_t s) {
  return id_at(args.starts, s) + id_at(args.columns, i);
}

int64_t length_of(const AttentionArgs& args, int64_t i) { return std::min(id_at(args.lengths, i), args.weights.cols); }

template <class T>
std::vector<double> scores_of(const AttentionArgs& args, int64_t i) {
  const T *query = row<const T>(args.query, i), *v = data<const T>(args.v);
  std::vector<double> scores(static_cast<size_t>(length_of(args, i)));
  for (size_t s = 0; s < scores.size(); ++s) {
    const T* key = row<const T>(args.keys, source_row(args, i, static_cast<int64_t>(s)));
    for (int64_t k = 0; k < args.query.cols; ++k) scores[s] += static_cast<double>(v[k] * std::tanh(query[k] + key[k]));
  }
  return scores;
}

template <class T>
void attend(const AttentionArgs& args, int64_t i) {
  std::vector<double> weights = scores_of<T>(args, i);
  const double largest = weights.empty() ? 0 : *std::max_element(weights.begin(), weights.end());
  double sum = 0;
  for (double& w : weights) sum += w = std::exp(w - largest);
  std::fill_n(row<T>(args.weights, i), args.weights.cols, T(0));
  std::vector<double> context(static_cast<size_t>(args.context.cols));
  for (size_t s = 0; s < weights.size(); ++s) {
    const auto step = static_cast<int64_t>(s);
    const double weight = weights[s] / sum;
    row<T>(args.weights, i)[s] = static_cast<T>(weight);
    const T* value = row<const T>(args.values, source_row(args, i, step));
    for (size_t c = 0; c < context.size(); ++c) context[c] += weight * static_cast<double>(value[c]);
  }
  std::transform(context.begin(), context.end(), row<T>(args.context, i), [](double x) { return static_cast<T>(x); });
}

/// Returns d(loss)/d(a[i, s]) for every s, and adds a[i, s] dcontext to dvalues on the way.
template <class T>
std::vector<double> weights_backward(const AttentionBackwardArgs& args, int64_t i) {
  const AttentionArgs& forward = args.forward;
  const T *a = row<const T>(forward.weights, i), *dcontext = row<const T>(args.dcontext, i);
  std::vector<double> da(static_cast<size_t>(length_of(forward, i)));
  for (size_t s = 0; s < da.size(); ++s) {
    const int64_t source = source_row(forward, i, static_cast<int64_t>(s));
    const T* value = row<const T>(forward.values, source);
    if (present(args.dweights)) da[s] = static_cast<double>(row<const T>(args.dweights, i)[s]);
    for (int64_t c = 0; c < args.dcontext.cols; ++c) {
      da[s] += static_cast<double>(dcontext[c] * value[c]);
      if (present(args.dvalues)) row<T>(args.dvalues, source)[c] += a[s] * dcontext[c];
    }
  }
  return da;
}

template <class T>
void attend_backward(const AttentionBackwardArgs& args, int64_t i) {
  const AttentionArgs& forward = args.forward;
  const T *a = row<const T>(forward.weights, i), *query = row<const T>(forward.query, i), *v = data<const T>(forward.v);
  T *dquery = row<T>(args.dquery, i), *dv = data<T>(args.dv);
  std::fill_n(dquery, args.dquery.cols, T(0));
  const std::vector<double> da = weights_backward<T>(args, i);
  double mean = 0;  // mean of da under a
  for (size_t s = 0; s < da.size(); ++s) mean += static_cast<double>(a[s]) * da[s];
  for (size_t s = 0; s < da.size(); ++s) {
    const int64_t source = source_row(forward, i, static_cast<int64_t>(s));
    const T de = static_cast<T>(static_cast<double>(a[s]) * (da[s] - mean));
    const T* key = row<const T>(forward.keys, source);
    T* dkey = row<T>(args.dkeys, source);
    for (int64_t k = 0; k < forward.query.cols; ++k) {
      const T t = std::tanh(query[k] + key[k]);
      const T inside = de * v[k] * (1 - t * t);
      dv[k] += de * t;
      dquery[k] += inside;
      dkey[k] += inside;
    }
  }
}

}  // namespace

void attention(const AttentionArgs& args) {
  with_float("attention", args.query.dtype, [&]<class T>() {
    for (int64_t i = 0; i < args.query.rows; ++i) attend<T>(args, i);
  });
}

void attention_backward(const AttentionBackwardArgs& args) {
  with_float("attention_backward", args.dquery.dtype, [&]<class T>() {
    for (int64_t i = 0; i < args.dquery.rows; ++i) attend_backward<T>(args, i);
  });
}

}  // namespace grus::reference
