// One step of each optimizer, against numbers worked out by hand from PyTorch's formulas.
#include <cmath>

#include "tests/core/backends/harness.h"

using namespace grus;
using namespace grus::test;

namespace {

/// The arguments of each entry, the tensors that it keeps, and a call of it.
SgdArgs sgd(double lr, double momentum = 0, bool nesterov = false) {
  SgdArgs args{};
  args.update.lr = lr;
  args.update.grad_scale = 1;
  args.momentum = momentum;
  args.nesterov = nesterov;
  return args;
}
AdamArgs adam(double lr, double eps) {
  AdamArgs args{};
  args.update.lr = lr;
  args.update.grad_scale = args.bias1 = args.bias2 = 1;
  args.beta1 = 0.9;
  args.beta2 = 0.999;
  args.eps = eps;
  return args;
}
AdadeltaArgs adadelta(double lr, double rho, double eps) {
  AdadeltaArgs args{};
  args.update.lr = lr;
  args.update.grad_scale = 1;
  args.rho = rho;
  args.eps = eps;
  return args;
}

// SGD keeps one tensor where it has momentum.
void keep(SgdArgs& args, const Matrix& first, const Matrix&) { args.m = args.momentum > 0 ? first : Matrix{}; }
void keep(AdamArgs& args, const Matrix& first, const Matrix& second) { args.m = first, args.v = second; }
void keep(AdadeltaArgs& args, const Matrix& first, const Matrix& second) { args.s = first, args.u = second; }

Status call(const Backend& b, const SgdArgs& args) { return b.table.sgd_step(b.context, args); }
Status call(const Backend& b, const AdamArgs& args) { return b.table.adam_step(b.context, args); }
Status call(const Backend& b, const AdadeltaArgs& args) { return b.table.adadelta_step(b.context, args); }

/// A run follows one parameter over several steps. `change`, when given, changes the arguments before each step t.
template <class Args>
struct Run {
  Args args;
  double value;
  Values grads;
  bool average = false;
  void (*change)(Args&, int) = nullptr;
};

/// Returns the value, the two tensors kept and the average after the steps; each of `n` elements must go the same way.
template <class Args>
Values followed(const Backend& backend, DType dtype, const Run<Args>& run, int64_t n = 19) {
  const auto filled = [&](double x) { return Values(static_cast<size_t>(n), x); };
  const Array value(backend, dtype, filled(run.value)), first(backend, dtype, filled(0)),
      second(backend, dtype, filled(0)), average(backend, dtype, filled(run.value));
  Args args = run.args;
  int step = 0;
  for (double g : run.grads) {
    const Array grad(backend, dtype, filled(g));
    args.update.value = value.row();
    args.update.grad = grad.row();
    keep(args, first.row(), second.row());
    if (run.average) args.update.average = average.row();
    if (run.change) run.change(args, ++step);
    CHECK(call(backend, args) == Status::ok);
  }
  Values result;
  for (const Array* array : {&value, &first, &second, &average}) {
    const Values all = array->values();
    for (double x : all) CHECK(x == all[0]);
    result.push_back(all[0]);
  }
  return result;
}

template <class Args>
void check_run(const Run<Args>& run, const Values& expected, const char* what) {
  for (const Backend& backend : backends())
    for (DType dtype : float_types)
      check_near(followed(backend, dtype, run), expected, tolerance_of(dtype, 2e-6, 1e-14),
                 fmt::format("{} on {}", what, backend.table.name));
}

template <class Args>
void check_agreement_of(const char* what, Args args) {
  for (DType dtype : float_types)
    for (int64_t n : {0, 1, 15, 16, 17, 33, 40000})
      check_agreement(tolerance_of(dtype, 3e-6, 1e-13), what, [&](const Backend& backend) {
        const Array value(backend, dtype, spread(n, 1)), grad(backend, dtype, spread(n, 2)),
            first(backend, dtype, spread(n, 3, 0, 1)), second(backend, dtype, spread(n, 4, 0, 1)),
            average(backend, dtype, spread(n, 5));
        const auto shaped = [n](const Array& x) { return n % 4 ? x.row() : x.matrix(4, n / 4); };
        UpdateArgs& update = args.update;
        update.grad_scale = 0.7;
        update.weight_decay = update.decoupled_decay = 0.1;
        update.average_decay = 0.9;
        update.value = shaped(value);
        update.grad = shaped(grad);
        update.average = shaped(average);
        keep(args, shaped(first), shaped(second));
        CHECK(call(backend, args) == Status::ok);
        return joined({value.values(), first.values(), second.values(), average.values()});
      });
}

}  // namespace

TEST_CASE("sgd: plain, scaled, with decay of either kind") {
  SgdArgs args = sgd(0.1);
  check_run<SgdArgs>({args, 2, {3, -1}}, {1.8, 0, 0, 2}, "plain");
  args.update.grad_scale = 0.5;
  check_run<SgdArgs>({args, 2, {3}}, {1.85, 0, 0, 2}, "half the gradient");
  args.update.weight_decay = 0.25;  // g = 1.5 + 0.5
  check_run<SgdArgs>({args, 2, {3}}, {1.8, 0, 0, 2}, "decay in the gradient");
  args.update.weight_decay = 0;
  args.update.decoupled_decay = 0.5;  // 2 * 0.95 - 0.15
  check_run<SgdArgs>({args, 2, {3}}, {1.75, 0, 0, 2}, "decoupled decay");
}

TEST_CASE("sgd: momentum, and Nesterov's") {
  check_run<SgdArgs>({sgd(0.1, 0.9), 1, {1, 2}}, {1 - 0.1 - 0.29, 2.9, 0, 1}, "momentum");  // buf: 1, 2.9
  check_run<SgdArgs>({sgd(0.1, 0.9, true), 1, {1, 2}}, {1 - 0.19 - 0.1 * (2 + 0.9 * 2.9), 2.9, 0, 1}, "Nesterov");
}

TEST_CASE("adam: bias correction before eps, eps outside the root") {
  Run<AdamArgs> run{adam(0.1, 0.5), 1, {0.5, -1}};  // eps is large, so that its place shows
  run.change = [](AdamArgs& args, int t) {
    args.bias1 = 1 - std::pow(args.beta1, t);
    args.bias2 = 1 - std::pow(args.beta2, t);
  };
  // In step 1, m / bias1 = 0.5 and sqrt(v / bias2) = 0.5, so the value moves by 0.1 * 0.5 / (0.5 + 0.5).
  const double m = 0.9 * 0.05 - 0.1, v = 0.999 * 0.00025 + 0.001;
  const double second_step = 0.1 * (m / 0.19) / (std::sqrt(v / 0.001999) + 0.5);
  check_run(run, {1 - 0.05 - second_step, m, v, 1}, "Adam");
  run.args.update.decoupled_decay = 0.2;
  check_run(run, {(1 * 0.98 - 0.05) * 0.98 - second_step, m, v, 1}, "AdamW");
}

TEST_CASE("optimizers: a factor in memory multiplies the gradient, and 0 leaves all as it is, NaN too") {
  for (const Backend& backend : backends())
    for (DType dtype : float_types) {
      const auto after = [&](double number, double gradient) {
        const Array factor(backend, dtype, {number});
        Run<SgdArgs> run{sgd(0.1, 0.5), 2, {gradient}, true};
        UpdateArgs& update = run.args.update;
        update.grad_scale = update.weight_decay = update.decoupled_decay = update.average_decay = 0.5;
        update.factor = factor.matrix(1, 1);
        return followed(backend, dtype, run);
      };
      const double g = 0.25 * 3 + 0.5 * 1.9, value = 1.9 - 0.1 * g;
      const double tolerance = tolerance_of(dtype, 2e-6, 1e-14);
      check_near(after(0.5, 3), {value, g, 0, 0.5 * 2 + 0.5 * value}, tolerance, backend.table.name);
      CHECK(after(0, std::nan("")) == Values{2, 0, 0, 2});
    }
}

TEST_CASE("adadelta: eps inside both roots, the step from the means before it") {
  const double square1 = 0.25, step1 = std::sqrt(0.01) / std::sqrt(0.26), steps1 = 0.25 * step1 * step1;
  const double square2 = 0.75 * square1 + 0.25 * 9;
  const double step2 = std::sqrt(steps1 + 0.01) / std::sqrt(square2 + 0.01) * 3;
  check_run<AdadeltaArgs>({adadelta(2, 0.75, 0.01), 1, {1, 3}},
                          {1 - 2 * step1 - 2 * step2, square2, 0.75 * steps1 + 0.25 * step2 * step2, 1}, "Adadelta");
}

TEST_CASE("optimizers: the moving average follows the value after the step") {
  Run<SgdArgs> run{sgd(1), 4, {1, 1}, true};
  run.args.update.average_decay = 0.75;
  check_run(run, {2, 0, 0, 0.75 * (0.75 * 4 + 0.25 * 3) + 0.25 * 2}, "average");
}

TEST_CASE("optimizers: backends agree on any number of elements, also as a matrix") {
  AdamArgs later = adam(0.3, 1e-6);
  later.beta2 = 0.98;
  later.bias1 = 0.5;
  later.bias2 = 0.25;
  check_agreement_of("sgd", sgd(0.3, 0.9, true));
  check_agreement_of("adam", later);
  check_agreement_of("adadelta", adadelta(0.3, 0.9, 1e-6));
}
