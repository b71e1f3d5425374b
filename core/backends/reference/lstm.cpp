// The gates of an LSTM step and their gradients (equations: ops/sequence/lstm.h); the products around them are the
// caller's.
#include <cmath>

#include "core/backends/reference/access.h"
#include "core/backends/reference/reference.h"
#include "core/backends/reference/scalar_ops.h"

namespace grus::reference {
namespace {

template <class T>
void gates_row(const LstmGatesArgs& args, int64_t row_index) {
  const int64_t hidden = args.c.cols;
  T *gates = row<T>(args.gates, row_index), *c_new = row<T>(args.c_new, row_index), *y = row<T>(args.y, row_index);
  const T* c = row<const T>(args.c, row_index);
  for (int64_t j = 0; j < hidden; ++j) {
    T &i = gates[j], &f = gates[hidden + j], &g = gates[2 * hidden + j], &o = gates[3 * hidden + j];
    i = sigmoid(i);
    f = sigmoid(f);
    g = std::tanh(g);
    o = sigmoid(o);
    c_new[j] = f * c[j] + i * g;
    y[j] = o * std::tanh(c_new[j]);
  }
}

template <class T>
void backward_row(const LstmGatesBackwardArgs& args, int64_t row_index) {
  const int64_t hidden = args.c.cols;
  const T *gates = row<const T>(args.gates, row_index), *c = row<const T>(args.c, row_index),
          *c_new = row<const T>(args.c_new, row_index), *dh = row<const T>(args.dh, row_index);
  T *dsums = row<T>(args.dsums, row_index), *dc = row<T>(args.dc, row_index);
  for (int64_t j = 0; j < hidden; ++j) {
    const T i = gates[j], f = gates[hidden + j], g = gates[2 * hidden + j], o = gates[3 * hidden + j];
    const T dy = dh[j] + (present(args.dy) ? row<const T>(args.dy, row_index)[j] : T(0)), tanh_c = std::tanh(c_new[j]);
    const T dc_new = dc[j] + dy * o * (1 - tanh_c * tanh_c);
    dsums[j] = dc_new * g * i * (1 - i);
    dsums[hidden + j] = dc_new * c[j] * f * (1 - f);
    dsums[2 * hidden + j] = dc_new * i * (1 - g * g);
    dsums[3 * hidden + j] = dy * tanh_c * o * (1 - o);
    dc[j] = dc_new * f;
  }
}

}  // namespace

void lstm_gates(const LstmGatesArgs& args) {
  with_float("lstm_gates", args.c.dtype, [&]<class T>() {
    for (int64_t i = 0; i < args.c.rows; ++i) gates_row<T>(args, i);
  });
}

void lstm_gates_backward(const LstmGatesBackwardArgs& args) {
  with_float("lstm_gates_backward", args.c.dtype, [&]<class T>() {
    for (int64_t i = 0; i < args.c.rows; ++i) backward_row<T>(args, i);
  });
}

}  // namespace grus::reference
