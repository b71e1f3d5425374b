// The fused steps of recurrent models, as the equations stand in core/kernels.h.
#include <algorithm>
#include <cmath>
#include <vector>

#include "core/backends/reference/access.h"
#include "core/backends/reference/entries.h"

namespace grus::reference {
namespace {

template <class T>
T sigmoid(T x) {
  return 1 / (1 + std::exp(-x));
}

/// h' from h, z, n; and dh'/d(h, z, n).
template <class T>
T updated(Update update, T h, T z, T n) {
  return update == Update::keep ? z * h + (1 - z) * n : (1 - z) * h + z * n;
}

template <class T>
void gates_row(const GruGatesArgs& a, int64_t i) {
  const int64_t hidden = a.h.cols;
  const T *gx = row<T>(a.gx, i), *h = row<T>(a.h, i);
  const T* gh = a.phase == GruPhase::candidate ? nullptr : row<T>(a.gh, i);
  T *r = row<T>(a.gates, i), *z = r + hidden, *n = z + hidden, *y = row<T>(a.y, i);
  for (int64_t j = 0; j < hidden; ++j) {
    if (a.phase != GruPhase::candidate) {
      r[j] = sigmoid(gx[j] + gh[j]);
      z[j] = sigmoid(gx[hidden + j] + gh[hidden + j]);
    }
    if (a.phase == GruPhase::reset_update) {
      y[j] = r[j] * h[j];
      continue;
    }
    T* product = row<T>(a.hidden_n, i);
    if (a.phase == GruPhase::all) product[j] = gh[2 * hidden + j];
    n[j] = std::tanh(gx[2 * hidden + j] + (a.phase == GruPhase::all ? r[j] * product[j] : product[j]));
    y[j] = updated(a.update, h[j], z[j], n[j]);
  }
}

template <class T>
void gates_backward_row(const GruGatesBackwardArgs& a, int64_t i) {
  const int64_t hidden = a.h.cols;
  const T *h = row<T>(a.h, i), *r = row<T>(a.gates, i), *z = r + hidden, *n = z + hidden;
  const T* dy = present(a.dy) ? row<T>(a.dy, i) : nullptr;
  T *dgx = row<T>(a.dgx, i), *dh = row<T>(a.dh, i);
  for (int64_t j = 0; j < hidden; ++j) {
    if (a.phase == GruPhase::reset_update) {
      dgx[j] = dy[j] * h[j] * r[j] * (1 - r[j]);
      dh[j] += dy[j] * r[j];
      continue;
    }
    const T g = dh[j] + (dy ? dy[j] : T(0));
    const bool keep = a.update == Update::keep;
    const T dz = g * (keep ? h[j] - n[j] : n[j] - h[j]), dn = g * (keep ? 1 - z[j] : z[j]) * (1 - n[j] * n[j]);
    dgx[hidden + j] = dz * z[j] * (1 - z[j]);
    dgx[2 * hidden + j] = dn;
    dh[j] = g * (keep ? z[j] : 1 - z[j]);
    if (a.phase == GruPhase::candidate) continue;
    T* dgh = row<T>(a.dgh, i);
    dgx[j] = dn * row<T>(a.hidden_n, i)[j] * r[j] * (1 - r[j]);
    dgh[j] = dgx[j];
    dgh[hidden + j] = dgx[hidden + j];
    dgh[2 * hidden + j] = dn * r[j];
  }
}

/// The memory row that query i sees at source step s.
int64_t memory_row(const AttentionArgs& a, int64_t i, int64_t s) { return id_at(a.starts, s) + id_at(a.columns, i); }

template <class T>
void attention_row(const AttentionArgs& a, int64_t i) {
  const int64_t length = id_at(a.lengths, i);
  const T *query = row<T>(a.query, i), *v = data<T>(a.v);
  T *weights = row<T>(a.weights, i), *context = row<T>(a.context, i);
  std::fill_n(weights, a.weights.cols, T(0));
  std::fill_n(context, a.context.cols, T(0));
  for (int64_t s = 0; s < length; ++s) {
    const T* key = row<T>(a.keys, memory_row(a, i, s));
    for (int64_t j = 0; j < a.query.cols; ++j) weights[s] += v[j] * std::tanh(query[j] + key[j]);
  }
  const T largest = length > 0 ? *std::max_element(weights, weights + length) : T(0);
  T sum = 0;
  for (int64_t s = 0; s < length; ++s) sum += weights[s] = std::exp(weights[s] - largest);
  for (int64_t s = 0; s < length; ++s) {
    weights[s] /= sum;
    const T* value = row<T>(a.values, memory_row(a, i, s));
    for (int64_t j = 0; j < a.context.cols; ++j) context[j] += weights[s] * value[j];
  }
}

template <class T>
void attention_backward_row(const AttentionBackwardArgs& b, int64_t i) {
  const AttentionArgs& a = b.forward;
  const int64_t length = id_at(a.lengths, i), width = a.query.cols, context_width = b.dcontext.cols;
  const T *query = row<T>(a.query, i), *v = data<T>(a.v), *weights = row<T>(a.weights, i),
          *dcontext = row<T>(b.dcontext, i);
  T *dquery = row<T>(b.dquery, i), *dv = data<T>(b.dv);
  std::fill_n(dquery, width, T(0));
  std::vector<T> dweights(static_cast<size_t>(length));
  T mean = 0;
  for (int64_t s = 0; s < length; ++s) {
    const T* value = row<T>(a.values, memory_row(a, i, s));
    T& dweight = dweights[static_cast<size_t>(s)];
    dweight = present(b.dweights) ? row<T>(b.dweights, i)[s] : T(0);
    for (int64_t j = 0; j < context_width; ++j) dweight += dcontext[j] * value[j];
    mean += weights[s] * dweight;
    if (!present(b.dvalues)) continue;
    T* dvalue = row<T>(b.dvalues, memory_row(a, i, s));
    for (int64_t j = 0; j < context_width; ++j) dvalue[j] += weights[s] * dcontext[j];
  }
  for (int64_t s = 0; s < length; ++s) {
    const T dscore = weights[s] * (dweights[static_cast<size_t>(s)] - mean);
    const T* key = row<T>(a.keys, memory_row(a, i, s));
    T* dkey = row<T>(b.dkeys, memory_row(a, i, s));
    for (int64_t j = 0; j < width; ++j) {
      const T t = std::tanh(query[j] + key[j]), slope = dscore * v[j] * (1 - t * t);
      dv[j] += dscore * t;
      dquery[j] += slope;
      dkey[j] += slope;
    }
  }
}

template <class T>
void cross_entropy_row(const CrossEntropyArgs& a, int64_t i) {
  T* logits = row<T>(a.logits, i);
  const int64_t classes = a.logits.cols, target = id_at(a.targets, i);
  const bool ignored = target == a.ignore;
  const double largest = *std::max_element(logits, logits + classes);
  double sum = 0, total = 0;
  for (int64_t j = 0; j < classes; ++j) {
    sum += std::exp(logits[j] - largest);
    total += logits[j];
  }
  const double log_sum = largest + std::log(sum);
  const double nll = ignored ? 0 : log_sum - logits[target];
  const double uniform = ignored ? 0 : log_sum - total / static_cast<double>(classes);
  data<T>(a.losses)[i] = static_cast<T>(a.row_scale * ((1 - a.smoothing) * nll + a.smoothing * uniform));
  if (present(a.nll)) data<T>(a.nll)[i] = static_cast<T>(nll);
  if (!a.gradient) return;
  for (int64_t j = 0; j < classes; ++j) {
    const double q = (j == target ? 1 - a.smoothing : 0) + a.smoothing / static_cast<double>(classes);
    logits[j] = static_cast<T>(ignored ? 0 : a.row_scale * (std::exp(logits[j] - log_sum) - q));
  }
}

}  // namespace

Status gru_gates(Context*, const GruGatesArgs& args) {
  return with_float(args.gx.dtype, [&](auto zero) {
    for (int64_t i = 0; i < args.h.rows; ++i) gates_row<decltype(zero)>(args, i);
    return Status::ok;
  });
}
Status gru_gates_backward(Context*, const GruGatesBackwardArgs& args) {
  return with_float(args.dgx.dtype, [&](auto zero) {
    for (int64_t i = 0; i < args.h.rows; ++i) gates_backward_row<decltype(zero)>(args, i);
    return Status::ok;
  });
}
Status attention(Context*, const AttentionArgs& args) {
  return with_float(args.query.dtype, [&](auto zero) {
    for (int64_t i = 0; i < args.query.rows; ++i) attention_row<decltype(zero)>(args, i);
    return Status::ok;
  });
}
Status attention_backward(Context*, const AttentionBackwardArgs& args) {
  return with_float(args.dquery.dtype, [&](auto zero) {
    for (int64_t i = 0; i < args.dquery.rows; ++i) attention_backward_row<decltype(zero)>(args, i);
    return Status::ok;
  });
}
Status cross_entropy(Context*, const CrossEntropyArgs& args) {
  return with_float(args.logits.dtype, [&](auto zero) {
    for (int64_t i = 0; i < args.logits.rows; ++i) cross_entropy_row<decltype(zero)>(args, i);
    return Status::ok;
  });
}

}  // namespace grus::reference
