// The gates of a GRU step and their gradients (equations: ops/sequence/gru.h), without the products around them and
// with them.
#include <algorithm>
#include <cmath>
#include <vector>

#include "core/backends/reference/access.h"
#include "core/backends/reference/reference.h"
#include "core/backends/reference/scalar_ops.h"

namespace grus::reference {
namespace {

/// Update::keep: h' = z h + (1 - z) n.   Update::replace: h' = (1 - z) h + z n.
template <class T>
T updated(Update update, T z, T h, T n) {
  return update == Update::keep ? z * h + (1 - z) * n : (1 - z) * h + z * n;
}

/// gh is the row of the products of h, or null where the phase has no use for it.
template <class T>
void gates_row(const GruGatesArgs& args, int64_t i, const T* gh) {
  const int64_t hidden = args.h.cols;
  const T *gx = row<const T>(args.gx, i), *h = row<const T>(args.h, i);
  T *gates = row<T>(args.gates, i), *y = row<T>(args.y, i);
  for (int64_t j = 0; j < hidden; ++j) {
    T &r = gates[j], &z = gates[hidden + j], &n = gates[2 * hidden + j];
    if (args.phase != GruPhase::candidate) {
      r = sigmoid(gx[j] + gh[j]);
      z = sigmoid(gx[hidden + j] + gh[hidden + j]);
    }
    switch (args.phase) {
      case GruPhase::all: {
        const T gh_n = gh[2 * hidden + j];
        n = std::tanh(gx[2 * hidden + j] + r * gh_n);
        row<T>(args.hidden_n, i)[j] = gh_n;
        y[j] = updated(args.update, z, h[j], n);
        break;
      }
      case GruPhase::reset_update:
        y[j] = r * h[j];
        break;
      case GruPhase::candidate:
        n = std::tanh(gx[2 * hidden + j] + row<const T>(args.hidden_n, i)[j]);
        y[j] = updated(args.update, z, h[j], n);
        break;
    }
  }
}

/// Computes gradients at element j: of the sums under z and n, and in dh of the direct path from h' to h.
template <class T>
void update_backward(Update update, const T* gates, int64_t hidden, int64_t j, T h, T g, T* dgx, T& dh) {
  const T z = gates[hidden + j], n = gates[2 * hidden + j];
  const T to_h = update == Update::keep ? z : 1 - z;  // h' = to_h h + (1 - to_h) n
  const T dz = update == Update::keep ? g * (h - n) : g * (n - h);
  dh = g * to_h;
  dgx[hidden + j] = dz * z * (1 - z);
  dgx[2 * hidden + j] = g * (1 - to_h) * (1 - n * n);
}

template <class T>
void backward_row(const GruGatesBackwardArgs& args, int64_t i) {
  const int64_t hidden = args.h.cols;
  const T *gates = row<const T>(args.gates, i), *h = row<const T>(args.h, i);
  T *dgx = row<T>(args.dgx, i), *dh = row<T>(args.dh, i);
  for (int64_t j = 0; j < hidden; ++j) {
    const T r = gates[j], dy = present(args.dy) ? row<const T>(args.dy, i)[j] : T(0);
    if (args.phase == GruPhase::reset_update) {  // dy is the gradient of r h
      dgx[j] = dy * h[j] * r * (1 - r);
      dh[j] += r * dy;
      continue;
    }
    update_backward(args.update, gates, hidden, j, h[j], dh[j] + dy, dgx, dh[j]);
    if (args.phase == GruPhase::candidate) continue;
    const T dn = dgx[2 * hidden + j], gh_n = row<const T>(args.hidden_n, i)[j];
    dgx[j] = dn * gh_n * r * (1 - r);
    T* dgh = row<T>(args.dgh, i);
    dgh[j] = dgx[j];
    dgh[hidden + j] = dgx[hidden + j];
    dgh[2 * hidden + j] = r * dn;
  }
}

template <class T>
void add_scaled(std::vector<T>& sums, T factor, const T* values) {
  for (size_t j = 0; j < sums.size(); ++j) sums[j] += factor * values[j];
}

template <class T>
void step_row(const GruStepArgs& args, int64_t i) {
  const int64_t hidden = args.gates.h.cols;
  T* const h = row<T>(args.gates.h, i);
  const T* from = i < args.carried.rows ? row<const T>(args.carried, i)
                  : present(args.fresh) ? row<const T>(args.fresh, i - args.carried.rows)
                                        : nullptr;
  for (int64_t j = 0; j < hidden; ++j) h[j] = from ? from[j] : T(0);
  std::vector<T> gh(static_cast<size_t>(3 * hidden), T(0));
  if (present(args.bias)) std::copy_n(row<const T>(args.bias, 0), gh.size(), gh.begin());
  for (int64_t k = 0; k < hidden; ++k) add_scaled(gh, h[k], row<const T>(args.weight, k));
  gates_row<T>(args.gates, i, gh.data());
}

template <class T>
void step_backward_row(const GruStepBackwardArgs& args, int64_t i) {
  if (i < args.later.rows) {
    T* const dh = row<T>(args.gates.dh, i);
    std::vector<T> sums(static_cast<size_t>(args.gates.dh.cols), T(0));
    for (int64_t k = 0; k < args.later.cols; ++k)
      add_scaled(sums, row<const T>(args.later, i)[k], row<const T>(args.weight, k));
    for (size_t j = 0; j < sums.size(); ++j) dh[j] += sums[j];
  }
  backward_row<T>(args.gates, i);
}

}  // namespace

void gru_gates(const GruGatesArgs& args) {
  with_float("gru_gates", args.h.dtype, [&]<class T>() {
    for (int64_t i = 0; i < args.h.rows; ++i)
      gates_row<T>(args, i, present(args.gh) ? row<const T>(args.gh, i) : nullptr);
  });
}

void gru_step(const GruStepArgs& args) {
  with_float("gru_step", args.gates.h.dtype, [&]<class T>() {
    for (int64_t i = 0; i < args.gates.h.rows; ++i) step_row<T>(args, i);
  });
}

void gru_step_backward(const GruStepBackwardArgs& args) {
  with_float("gru_step_backward", args.gates.dh.dtype, [&]<class T>() {
    for (int64_t i = 0; i < args.gates.dh.rows; ++i) step_backward_row<T>(args, i);
  });
}

void gru_gates_backward(const GruGatesBackwardArgs& args) {
  with_float("gru_gates_backward", args.h.dtype, [&]<class T>() {
    for (int64_t i = 0; i < args.h.rows; ++i) backward_row<T>(args, i);
  });
}

}  // namespace grus::reference
