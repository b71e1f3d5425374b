// The gates of a GRU step, in both forms, and their gradients.
#include <cmath>

#include "tests/core/backends/harness.h"

using namespace grus;
using namespace grus::test;

namespace {

struct GruCase {
  Reset reset;
  Update update;
  int64_t rows, hidden;
  DType dtype = DType::f64;
  int64_t gap = 0;
};

/// Inputs of a step. The product with U_n of the `before` form is an elementwise one here: gh_n = u * (r * h) + b.
struct GruInputs {
  Values gx, gh, h;
  Values u;
};
GruInputs gru_inputs(const GruCase& c) {
  const int64_t n = c.rows * c.hidden;
  return {spread(3 * n, 1), spread(3 * n, 2), spread(n, 3), spread(n, 4)};
}

struct GruOutputs {
  Values gates, hidden_n, y;
};

/// A step has a gap of unused elements after each row; all memory is returned, gaps and all.
class Step {
 public:
  Step(const Backend& backend, const GruCase& c)
      : backend_(backend), c_(c), gates_(memory(3)), hidden_n_(memory(1)), y_(memory(1)) {}

  GruOutputs forward(const GruInputs& in) {
    const Array gx(backend_, c_.dtype, padded(in.gx, 3)), h(backend_, c_.dtype, padded(in.h, 1));
    const Array gh(backend_, c_.dtype, padded(in.gh, 3));
    GruGatesArgs args{};
    args.update = c_.update;
    args.gx = matrix(gx, 3);
    args.h = matrix(h, 1);
    args.gates = matrix(gates_, 3);
    args.hidden_n = matrix(hidden_n_, 1);
    args.gh = matrix(gh, 3);
    args.y = matrix(y_, 1);
    if (c_.reset == Reset::after) {
      run(args, GruPhase::all);
      return {gates_.values(), hidden_n_.values(), y_.values()};
    }
    args.hidden_n = {};
    args.gh = matrix(gh, 2, 3);  // a matrix of 3H columns, of which 2H are used
    run(args, GruPhase::reset_update);
    const Values reset_h = y_.values(), u = padded(in.u, 1), b = padded(third(in.gh), 1);
    Values product;
    for (size_t i = 0; i < reset_h.size(); ++i) product.push_back(u[i] * reset_h[i] + b[i]);
    const Array gh_n(backend_, c_.dtype, product);
    args.gh = {};
    args.hidden_n = matrix(gh_n, 1);
    run(args, GruPhase::candidate);
    return {gates_.values(), reset_h, y_.values()};
  }

  struct Gradients {
    Values dgx, dgh, dh;
  };
  /// Runs after forward(in). dh is the gradient from later steps, dy that of the output itself, or empty.
  Gradients backward(const GruInputs& in, const Values& dh, const Values& dy) {
    const Array h(backend_, c_.dtype, padded(in.h, 1)), pdy(backend_, c_.dtype, padded(dy, 1));
    const Array dgx(memory(3)), dgh(memory(3)), pdh(backend_, c_.dtype, padded(dh, 1));
    GruGatesBackwardArgs args{};
    args.update = c_.update;
    args.gates = matrix(gates_, 3);
    args.h = matrix(h, 1);
    if (!dy.empty()) args.dy = matrix(pdy, 1);
    args.dgx = matrix(dgx, 3);
    args.dh = matrix(pdh, 1);
    if (c_.reset == Reset::after) {
      args.hidden_n = matrix(hidden_n_, 1);
      args.dgh = matrix(dgh, 3);
      run(args, GruPhase::all);
      return {dgx.values(), dgh.values(), pdh.values()};
    }
    run(args, GruPhase::candidate);
    const Values dn = third(unpadded(dgx.values(), 3));
    Values d_reset_h;
    for (size_t i = 0; i < dn.size(); ++i) d_reset_h.push_back(dn[i] * in.u[i]);
    const Array from_product(backend_, c_.dtype, padded(d_reset_h, 1));
    args.dy = matrix(from_product, 1);
    run(args, GruPhase::reset_update);
    return {dgx.values(), {}, pdh.values()};
  }

  /// Returns rows without the gaps.
  Values unpadded(const Values& x, int64_t parts) const {
    Values y;
    for (int64_t i = 0; i < c_.rows; ++i)
      for (int64_t j = 0; j < parts * c_.hidden; ++j)
        y.push_back(x[static_cast<size_t>(i * (parts * c_.hidden + c_.gap) + j)]);
    return y;
  }

 private:
  template <class Args>
  void run(Args& args, GruPhase phase) {
    args.phase = phase;
    if constexpr (std::is_same_v<Args, GruGatesArgs>)
      CHECK(backend_.table.gru_gates(backend_.context, args) == Status::ok);
    else CHECK(backend_.table.gru_gates_backward(backend_.context, args) == Status::ok);
  }
  Values padded(const Values& x, int64_t parts) const {
    if (x.empty()) return x;
    Values y(static_cast<size_t>(c_.rows * (parts * c_.hidden + c_.gap)), 0.125);
    for (int64_t i = 0; i < c_.rows; ++i)
      for (int64_t j = 0; j < parts * c_.hidden; ++j)
        y[static_cast<size_t>(i * (parts * c_.hidden + c_.gap) + j)] =
            x[static_cast<size_t>(i * parts * c_.hidden + j)];
    return y;
  }
  /// Returns the n part of (rows, 3H).
  Values third(const Values& x) const {
    Values y;
    for (int64_t i = 0; i < c_.rows; ++i)
      for (int64_t j = 0; j < c_.hidden; ++j) y.push_back(x[static_cast<size_t>((3 * i + 2) * c_.hidden + j)]);
    return y;
  }
  Array memory(int64_t parts) const {
    return Array(backend_, c_.dtype, Values(static_cast<size_t>(c_.rows * (parts * c_.hidden + c_.gap)), 0.125));
  }
  /// Returns `parts` times H columns of rows that hold `stored` times H.
  Matrix matrix(const Array& x, int64_t parts, int64_t stored = 0) const {
    return x.matrix(c_.rows, parts * c_.hidden, (stored ? stored : parts) * c_.hidden + c_.gap);
  }

  const Backend& backend_;
  const GruCase c_;
  Array gates_, hidden_n_, y_;
};

const std::vector<std::pair<Reset, Update>> forms = {{Reset::after, Update::keep},
                                                     {Reset::after, Update::replace},
                                                     {Reset::before, Update::keep},
                                                     {Reset::before, Update::replace}};

bool has_gru_gates(const Backend& backend) { return backend.table.gru_gates && backend.table.gru_gates_backward; }

}  // namespace

TEST_CASE("gru_gates: each form's equations, on one unit") {
  const GruInputs in{{0.3, -0.2, 0.5}, {0.1, 0.4, -0.7}, {0.6}, {1.5}};
  const double r = sigmoid(0.4), z = sigmoid(0.2), h = 0.6;
  for (const Backend& backend : backends()) {
    if (!has_gru_gates(backend)) continue;
    for (DType dtype : float_types)
      for (const auto& [reset, update] : forms) {
        const GruOutputs out = Step(backend, {reset, update, 1, 1, dtype}).forward(in);
        const double n = reset == Reset::after ? std::tanh(0.5 + r * -0.7) : std::tanh(0.5 + 1.5 * (r * h) - 0.7);
        const double keep = update == Update::keep ? z : 1 - z;
        const double tolerance = tolerance_of(dtype, 1e-6, 1e-15);
        check_near(out.gates, {r, z, n}, tolerance, "gates");
        check_near(out.hidden_n, {reset == Reset::after ? -0.7 : r * h}, tolerance, "product");
        check_near(out.y, {keep * h + (1 - keep) * n}, tolerance, "new state");
      }
  }
}

TEST_CASE("gru_gates: gradients of every form are slopes") {
  for (const Backend& backend : backends()) {
    if (!has_gru_gates(backend)) continue;
    for (const auto& [reset, update] : forms)
      for (bool with_dy : {false, true}) {
        const GruCase c{reset, update, 2, 3};
        const GruInputs in = gru_inputs(c);
        const Values dh = spread(6, 8), dy = with_dy ? spread(6, 9) : Values(6, 0);
        Values g;
        for (size_t i = 0; i < dh.size(); ++i) g.push_back(dh[i] + dy[i]);
        Step step(backend, c);
        step.forward(in);
        const Step::Gradients grads = step.backward(in, dh, with_dy ? dy : Values{});
        const auto loss = [&](Values GruInputs::*which) {
          return [&, which](const Values& at) {
            GruInputs moved = in;
            moved.*which = at;
            return dot(Step(backend, c).forward(moved).y, g);
          };
        };
        check_gradient(loss(&GruInputs::gx), in.gx, grads.dgx, "the gates' inputs");
        if (reset == Reset::after) check_gradient(loss(&GruInputs::gh), in.gh, grads.dgh, "the recurrent product");
        check_gradient(loss(&GruInputs::h), in.h, grads.dh, "the state, where the product is held");
      }
  }
}

TEST_CASE("gru_gates: the new state may overwrite the old one") {
  for (const Backend& backend : backends()) {
    if (!has_gru_gates(backend)) continue;
    const GruCase c{Reset::after, Update::keep, 3, 17, DType::f32};
    const GruInputs in = gru_inputs(c);
    const Array gx(backend, c.dtype, in.gx), gh(backend, c.dtype, in.gh), h(backend, c.dtype, in.h),
        gates(backend, c.dtype, in.gx), hidden_n(backend, c.dtype, in.h);
    const GruGatesArgs args{GruPhase::all,          c.update,        gx.matrix(3, 51),
                            gh.matrix(3, 51),       h.matrix(3, 17), gates.matrix(3, 51),
                            hidden_n.matrix(3, 17), h.matrix(3, 17)};
    REQUIRE(backend.table.gru_gates(backend.context, args) == Status::ok);
    check_near(h.values(), Step(backend, c).forward(in).y, 0, backend.table.name);
  }
}

TEST_CASE("gru_gates: backends agree on widths around the edges of vectors, and leave gaps alone") {
  if (!has_gru_gates(backends().back())) return;
  for (DType dtype : float_types)
    for (const auto& [reset, update] : forms)
      for (int64_t hidden : {1, 15, 16, 17, 33, 256})
        for (int64_t rows : {0, 1, 5, 64})
          for (int64_t gap : {0, 3})
            check_agreement(tolerance_of(dtype, 5e-6, 1e-13), fmt::format("{} rows of {}", rows, hidden),
                            [&, reset = reset, update = update](const Backend& backend) {
                              const GruCase c{reset, update, rows, hidden, dtype, gap};
                              const GruInputs in = gru_inputs(c);
                              Step step(backend, c);
                              const GruOutputs out = step.forward(in);
                              const auto grads = step.backward(in, spread(rows * hidden, 8), spread(rows * hidden, 9));
                              return joined({out.gates, out.hidden_n, out.y, grads.dgx, grads.dgh, grads.dh});
                            });
}
