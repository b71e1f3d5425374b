// Whole steps of a GRU are what a product and the gates make of the same numbers.
#include "core/backends/backends.h"
#include "tests/core/backends/harness.h"

using namespace grus;
using namespace grus::test;

namespace {

struct StepCase {
  Update update;
  int64_t rows, hidden, carried, later;
  bool fresh, bias;
  DType dtype;
};

/// What a step reads, in one order for both ways to compute it.
struct Numbers {
  explicit Numbers(const StepCase& c)
      : gx(spread(3 * c.rows * c.hidden, 1)),
        carried(spread(c.carried * c.hidden, 2)),
        fresh(spread((c.rows - c.carried) * c.hidden, 3)),
        u(spread(3 * c.hidden * c.hidden, 4, -0.3, 0.3)),
        bias(spread(3 * c.hidden, 5)),
        dh(spread(c.rows * c.hidden, 6)),
        dy(spread(c.rows * c.hidden, 7)),
        later(spread(3 * c.later * c.hidden, 8)) {
    if (!c.fresh) fresh.assign(fresh.size(), 0);
    if (!c.bias) bias.assign(bias.size(), 0);
  }
  Values turned() const {
    const size_t hidden = bias.size() / 3;
    Values all(u.size());
    for (size_t i = 0; i < 3 * hidden; ++i)
      for (size_t j = 0; j < hidden; ++j) all[j * 3 * hidden + i] = u[i * hidden + j];
    return all;
  }
  Values gx, carried, fresh, u, bias, dh, dy, later;
};

/// Memory of a step on a backend.
struct StepMemory {
  StepMemory(const Backend& backend, const StepCase& of)
      : c(of),
        in(of),
        h(zeros(backend, 1)),
        gates(zeros(backend, 3)),
        hidden_n(zeros(backend, 1)),
        y(zeros(backend, 1)),
        dgx(zeros(backend, 3)),
        dgh(zeros(backend, 3)),
        dh(backend, of.dtype, in.dh),
        dy(backend, of.dtype, in.dy),
        gx(backend, of.dtype, in.gx),
        u(backend, of.dtype, in.u),
        later(backend, of.dtype, in.later) {}

  Matrix of(const Array& array, int64_t parts = 1) const { return array.matrix(c.rows, parts * c.hidden); }
  GruGatesArgs forward() const {
    return {GruPhase::all, c.update, of(gx, 3), {}, of(h), of(gates, 3), of(hidden_n), of(y)};
  }
  GruGatesBackwardArgs backward() const {
    return {GruPhase::all, c.update, of(gates, 3), of(hidden_n), of(h), of(dy), of(dgx, 3), of(dgh, 3), of(dh)};
  }
  Matrix later_rows() const { return c.later > 0 ? later.matrix(c.later, 3 * c.hidden) : Matrix{}; }
  Matrix weight() const { return u.matrix(3 * c.hidden, c.hidden); }
  Values results() const {
    return joined({h.values(), gates.values(), hidden_n.values(), y.values(), dgx.values(), dgh.values(), dh.values()});
  }

  StepCase c;
  Numbers in;
  Array h, gates, hidden_n, y, dgx, dgh, dh, dy, gx, u, later;

 private:
  Array zeros(const Backend& backend, int64_t parts) const {
    return {backend, c.dtype, Values(static_cast<size_t>(parts * c.rows * c.hidden), 0.0)};
  }
};

Values whole(const Backend& backend, const StepCase& c) {
  const StepMemory m(backend, c);
  const Array carried(backend, c.dtype, m.in.carried), fresh(backend, c.dtype, m.in.fresh),
      turned(backend, c.dtype, m.in.turned()), bias(backend, c.dtype, m.in.bias);
  GruStepArgs forward{m.forward(), {}, {}, turned.matrix(c.hidden, 3 * c.hidden), {}};
  if (c.carried > 0) forward.carried = carried.matrix(c.carried, c.hidden);
  if (c.fresh) forward.fresh = fresh.matrix(c.rows - c.carried, c.hidden);
  if (c.bias) forward.bias = bias.matrix(1, 3 * c.hidden);
  CHECK(backend.table.gru_step(backend.context, forward) == Status::ok);
  CHECK(backend.table.gru_step_backward(backend.context, {m.backward(), m.later_rows(), m.weight()}) == Status::ok);
  return m.results();
}

Values in_parts(const Backend& backend, const StepCase& c) {
  const StepMemory m(backend, c);
  const Array states(backend, c.dtype, joined({m.in.carried, m.in.fresh}));
  Values repeated;
  for (int64_t i = 0; i < c.rows; ++i) repeated.insert(repeated.end(), m.in.bias.begin(), m.in.bias.end());
  const Array sums(backend, c.dtype, repeated);
  GruGatesArgs forward = m.forward();
  const auto product = [&](const Matrix& y, const Matrix& a, bool transpose_b) {
    GemmArgs args{};
    args.y = y;
    args.a = a;
    args.b = m.weight();
    args.transpose_b = transpose_b;
    args.batch = 1;
    args.alpha = args.beta = 1;
    CHECK(backend.table.gemm(backend.context, args) == Status::ok);
  };
  const View from = states.view({c.rows, c.hidden}), to = m.h.view({c.rows, c.hidden});
  CHECK(backend.table.copy(backend.context, to, from, false) == Status::ok);
  forward.gh = sums.matrix(c.rows, 3 * c.hidden);
  product(forward.gh, forward.h, true);
  CHECK(backend.table.gru_gates(backend.context, forward) == Status::ok);
  if (c.later > 0) product(m.dh.matrix(c.later, c.hidden), m.later_rows(), false);
  CHECK(backend.table.gru_gates_backward(backend.context, m.backward()) == Status::ok);
  return m.results();
}

}  // namespace

TEST_CASE("gru_step: a whole step gives what a product and the gates of it give, forward and backward") {
  for (const Backend& backend : backends()) {
    if (!backend.table.gru_step || !backend.table.gru_step_backward) continue;
    for (DType dtype : float_types)
      for (Update update : {Update::keep, Update::replace})
        for (int64_t hidden : {1, 17, 130})
          for (int64_t carried : {0, 2, 5})
            for (bool more : {false, true}) {
              const StepCase c{update, 5,    hidden, carried, carried == 2 ? 3 : carried, more && carried < 5,
                               more,   dtype};
              check_near(whole(backend, c), in_parts(backend, c), tolerance_of(dtype, 1e-5, 1e-13),
                         fmt::format("{} of H {}, {} carried", backend.table.name, hidden, carried));
            }
  }
}

TEST_CASE("gru_step: the host's backend leaves it out, and every backend has both or neither") {
  CHECK_FALSE(static_cast<bool>(cpu_backend().gru_step));
  for (const Backend& backend : backends())
    CHECK(static_cast<bool>(backend.table.gru_step) == static_cast<bool>(backend.table.gru_step_backward));
}
