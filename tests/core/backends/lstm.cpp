// The gates of an LSTM step and their gradients.
#include <cmath>

#include "tests/core/backends/harness.h"

using namespace grus;
using namespace grus::test;

namespace {

struct LstmCase {
  int64_t rows, hidden;
  DType dtype = DType::f64;
  int64_t gap = 0;  // unused elements after each row
};

struct LstmOutputs {
  Values gates, c_new, y;
};
struct LstmGradients {
  Values dsums, dc;
};

bool has_lstm_gates(const Backend& backend) { return backend.table.lstm_gates && backend.table.lstm_gates_backward; }

Values padded(const LstmCase& c, const Values& x, int64_t parts) {
  Values y(static_cast<size_t>(c.rows * (parts * c.hidden + c.gap)), 0.125);
  for (int64_t i = 0; i < c.rows; ++i)
    for (int64_t j = 0; j < parts * c.hidden; ++j)
      y[static_cast<size_t>(i * (parts * c.hidden + c.gap) + j)] = x[static_cast<size_t>(i * parts * c.hidden + j)];
  return y;
}

Matrix matrix(const LstmCase& c, const Array& x, int64_t parts) {
  return x.matrix(c.rows, parts * c.hidden, parts * c.hidden + c.gap);
}

/// Runs forward; all memory comes back, gaps and all.
LstmOutputs forward(const Backend& backend, const LstmCase& c, const Values& sums, const Values& cells) {
  const Values blank(cells.size(), 0);
  const Array gates(backend, c.dtype, padded(c, sums, 4)), before(backend, c.dtype, padded(c, cells, 1)),
      after(backend, c.dtype, padded(c, blank, 1)), y(backend, c.dtype, padded(c, blank, 1));
  const LstmGatesArgs args{matrix(c, gates, 4), matrix(c, before, 1), matrix(c, after, 1), matrix(c, y, 1)};
  CHECK(backend.table.lstm_gates(backend.context, args) == Status::ok);
  return {gates.values(), after.values(), y.values()};
}

/// Runs backward on `out`, which forward gave, with gaps. An empty dy is absent.
LstmGradients backward(const Backend& backend, const LstmCase& c, const LstmOutputs& out, const Values& cells,
                       const Values& dh, const Values& dy, const Values& dc) {
  const Array gates(backend, c.dtype, out.gates), before(backend, c.dtype, padded(c, cells, 1)),
      after(backend, c.dtype, out.c_new), from_later(backend, c.dtype, padded(c, dh, 1)),
      from_here(backend, c.dtype, dy.empty() ? Values{} : padded(c, dy, 1)),
      dsums(backend, c.dtype, padded(c, Values(4 * cells.size(), 0), 4)), dcells(backend, c.dtype, padded(c, dc, 1));
  const LstmGatesBackwardArgs args{matrix(c, gates, 4),
                                   matrix(c, before, 1),
                                   matrix(c, after, 1),
                                   matrix(c, from_later, 1),
                                   dy.empty() ? Matrix{} : matrix(c, from_here, 1),
                                   matrix(c, dsums, 4),
                                   matrix(c, dcells, 1)};
  CHECK(backend.table.lstm_gates_backward(backend.context, args) == Status::ok);
  return {dsums.values(), dcells.values()};
}

}  // namespace

TEST_CASE("lstm_gates: the equations, on one unit") {
  const double i = sigmoid(0.3), f = sigmoid(-0.2), g = std::tanh(0.5), o = sigmoid(0.7), c = f * 1.5 + i * g;
  for (const Backend& backend : backends()) {
    if (!has_lstm_gates(backend)) continue;
    for (DType dtype : float_types) {
      const LstmOutputs out = forward(backend, {1, 1, dtype}, {0.3, -0.2, 0.5, 0.7}, {1.5});
      const double tolerance = tolerance_of(dtype, 1e-6, 1e-15);
      check_near(out.gates, {i, f, g, o}, tolerance, "gates");
      check_near(out.c_new, {c}, tolerance, "cell");
      check_near(out.y, {o * std::tanh(c)}, tolerance, "state");
    }
  }
}

TEST_CASE("lstm_gates: gradients are slopes") {
  for (const Backend& backend : backends()) {
    if (!has_lstm_gates(backend)) continue;
    for (bool with_dy : {false, true}) {
      const LstmCase c{2, 3};
      const Values sums = spread(24, 1), cells = spread(6, 2), dh = spread(6, 8), dc = spread(6, 3);
      const Values dy = with_dy ? spread(6, 9) : Values(6, 0);
      const LstmGradients grads =
          backward(backend, c, forward(backend, c, sums, cells), cells, dh, with_dy ? dy : Values{}, dc);
      const auto loss = [&](const Values& s, const Values& before) {
        const LstmOutputs out = forward(backend, c, s, before);
        return dot(out.y, dh) + dot(out.y, dy) + dot(out.c_new, dc);
      };
      check_gradient([&](const Values& at) { return loss(at, cells); }, sums, grads.dsums, "the sums under the gates");
      check_gradient([&](const Values& at) { return loss(sums, at); }, cells, grads.dc, "the cell");
    }
  }
}

TEST_CASE("lstm_gates: backends agree on widths around the edges of vectors, and leave gaps alone") {
  if (!has_lstm_gates(backends().back())) return;
  for (DType dtype : float_types)
    for (int64_t hidden : {1, 15, 16, 17, 33, 256})
      for (int64_t rows : {0, 1, 5, 64})
        for (int64_t gap : {0, 3})
          check_agreement(tolerance_of(dtype, 5e-6, 1e-13), fmt::format("{} rows of {}", rows, hidden),
                          [&](const Backend& backend) {
                            const LstmCase c{rows, hidden, dtype, gap};
                            const int64_t n = rows * hidden;
                            const Values cells = spread(n, 2);
                            const LstmOutputs out = forward(backend, c, spread(4 * n, 1), cells);
                            const LstmGradients grads =
                                backward(backend, c, out, cells, spread(n, 8), spread(n, 9), spread(n, 3));
                            return joined({out.gates, out.c_new, out.y, grads.dsums, grads.dc});
                          });
}
