// One step of each optimizer, against numbers worked out by hand from PyTorch's formulas.
#include <cmath>

#include "tests/core/backends/harness.h"

using namespace grus;
using namespace grus::test;

namespace {

OptimizerArgs plain(OptimizerKind kind, double lr) {
  OptimizerArgs args{};
  args.kind = kind;
  args.lr = lr;
  args.grad_scale = args.bias1 = args.bias2 = 1;
  return args;
}

/// A run follows one parameter over several steps. `update`, when given, changes the arguments before step t = 1, 2,
/// ...
struct Run {
  OptimizerArgs args;
  double value;
  Values grads;
  bool first = false, second = false, average = false;
  void (*update)(OptimizerArgs&, int) = nullptr;
};

/// Returns value, first, second, average after the steps; each of `n` elements must have gone the same way.
Values followed(const Backend& backend, DType dtype, const Run& run, int64_t n = 19) {
  const auto filled = [&](double x) { return Values(static_cast<size_t>(n), x); };
  const Array value(backend, dtype, filled(run.value)), first(backend, dtype, filled(0)),
      second(backend, dtype, filled(0)), average(backend, dtype, filled(run.value));
  OptimizerArgs args = run.args;
  int step = 0;
  for (double g : run.grads) {
    const Array grad(backend, dtype, filled(g));
    args.value = value.row();
    args.grad = grad.row();
    if (run.first) args.first = first.row();
    if (run.second) args.second = second.row();
    if (run.average) args.average = average.row();
    if (run.update) run.update(args, ++step);
    CHECK(backend.table.optimizer_step(backend.context, args) == Status::ok);
  }
  Values result;
  for (const Array* array : {&value, &first, &second, &average}) {
    const Values all = array->values();
    for (double x : all) CHECK(x == all[0]);
    result.push_back(all[0]);
  }
  return result;
}

void check_run(const Run& run, const Values& expected, const char* what) {
  for (const Backend& backend : backends())
    for (DType dtype : float_types)
      check_near(followed(backend, dtype, run), expected, tolerance_of(dtype, 2e-6, 1e-14),
                 fmt::format("{} on {}", what, backend.table.name));
}

}  // namespace

TEST_CASE("sgd: plain, scaled, with decay of either kind") {
  OptimizerArgs args = plain(OptimizerKind::sgd, 0.1);
  check_run({args, 2, {3, -1}}, {1.8, 0, 0, 2}, "plain");
  args.grad_scale = 0.5;
  check_run({args, 2, {3}}, {1.85, 0, 0, 2}, "half the gradient");
  args.weight_decay = 0.25;  // g = 1.5 + 0.5
  check_run({args, 2, {3}}, {1.8, 0, 0, 2}, "decay in the gradient");
  args.weight_decay = 0;
  args.decoupled_decay = 0.5;  // 2 * 0.95 - 0.15
  check_run({args, 2, {3}}, {1.75, 0, 0, 2}, "decoupled decay");
}

TEST_CASE("sgd: momentum, and Nesterov's") {
  Run run{plain(OptimizerKind::sgd, 0.1), 1, {1, 2}, true};
  run.args.beta1 = 0.9;
  check_run(run, {1 - 0.1 - 0.29, 2.9, 0, 1}, "momentum");  // buf: 1, 2.9
  run.args.nesterov = true;
  check_run(run, {1 - 0.19 - 0.1 * (2 + 0.9 * 2.9), 2.9, 0, 1}, "Nesterov");
}

TEST_CASE("adam: bias correction before eps, eps outside the root") {
  Run run{plain(OptimizerKind::adam, 0.1), 1, {0.5, -1}, true, true};
  run.args.beta1 = 0.9;
  run.args.beta2 = 0.999;
  run.args.eps = 0.5;  // large, so that its place shows
  run.update = [](OptimizerArgs& args, int t) {
    args.bias1 = 1 - std::pow(args.beta1, t);
    args.bias2 = 1 - std::pow(args.beta2, t);
  };
  // In step 1, m / bias1 = 0.5 and sqrt(v / bias2) = 0.5, so the value moves by 0.1 * 0.5 / (0.5 + 0.5).
  const double m = 0.9 * 0.05 - 0.1, v = 0.999 * 0.00025 + 0.001;
  const double second_step = 0.1 * (m / 0.19) / (std::sqrt(v / 0.001999) + 0.5);
  check_run(run, {1 - 0.05 - second_step, m, v, 1}, "Adam");
  run.args.decoupled_decay = 0.2;
  check_run(run, {(1 * 0.98 - 0.05) * 0.98 - second_step, m, v, 1}, "AdamW");
}

TEST_CASE("optimizers: a factor in memory multiplies the gradient, and 0 leaves all as it is, NaN too") {
  for (const Backend& backend : backends())
    for (DType dtype : float_types) {
      const auto after = [&](double number, double gradient) {
        const Array factor(backend, dtype, {number});
        Run run{plain(OptimizerKind::sgd, 0.1), 2, {gradient}, true, false, true};
        run.args.grad_scale = 0.5;
        run.args.weight_decay = run.args.decoupled_decay = 0.5;
        run.args.average_decay = 0.5;
        run.args.factor = factor.matrix(1, 1);
        return followed(backend, dtype, run);
      };
      const double g = 0.25 * 3 + 0.5 * 1.9, value = 1.9 - 0.1 * g;
      const double tolerance = tolerance_of(dtype, 2e-6, 1e-14);
      check_near(after(0.5, 3), {value, g, 0, 0.5 * 2 + 0.5 * value}, tolerance, backend.table.name);
      CHECK(after(0, std::nan("")) == Values{2, 0, 0, 2});
    }
}

TEST_CASE("adadelta: eps inside both roots, the step from the means before it") {
  Run run{plain(OptimizerKind::adadelta, 2), 1, {1, 3}, true, true};
  run.args.beta1 = 0.75;
  run.args.eps = 0.01;
  const double square1 = 0.25, step1 = std::sqrt(0.01) / std::sqrt(0.26), steps1 = 0.25 * step1 * step1;
  const double square2 = 0.75 * square1 + 0.25 * 9;
  const double step2 = std::sqrt(steps1 + 0.01) / std::sqrt(square2 + 0.01) * 3;
  check_run(run, {1 - 2 * step1 - 2 * step2, square2, 0.75 * steps1 + 0.25 * step2 * step2, 1}, "Adadelta");
}

TEST_CASE("optimizers: the moving average follows the value after the step") {
  Run run{plain(OptimizerKind::sgd, 1), 4, {1, 1}, false, false, true};
  run.args.average_decay = 0.75;
  check_run(run, {2, 0, 0, 0.75 * (0.75 * 4 + 0.25 * 3) + 0.25 * 2}, "average");
}

TEST_CASE("optimizers: backends agree on any number of elements, also as a matrix") {
  for (DType dtype : float_types)
    for (OptimizerKind kind : {OptimizerKind::sgd, OptimizerKind::adam, OptimizerKind::adadelta})
      for (int64_t n : {0, 1, 15, 16, 17, 33, 40000})
        check_agreement(tolerance_of(dtype, 3e-6, 1e-13), fmt::format("optimizer {}", static_cast<int>(kind)),
                        [&](const Backend& backend) {
                          const Array value(backend, dtype, spread(n, 1)), grad(backend, dtype, spread(n, 2)),
                              first(backend, dtype, spread(n, 3, 0, 1)), second(backend, dtype, spread(n, 4, 0, 1)),
                              average(backend, dtype, spread(n, 5));
                          OptimizerArgs args = plain(kind, 0.3);
                          args.beta1 = 0.9;
                          args.beta2 = 0.98;
                          args.bias1 = 0.5;
                          args.bias2 = 0.25;
                          args.eps = 1e-6;
                          args.grad_scale = 0.7;
                          args.weight_decay = args.decoupled_decay = 0.1;
                          args.average_decay = 0.9;
                          args.nesterov = true;
                          const auto shaped = [n](const Array& x) { return n % 4 ? x.row() : x.matrix(4, n / 4); };
                          args.value = shaped(value);
                          args.grad = shaped(grad);
                          args.first = shaped(first);
                          args.second = shaped(second);
                          args.average = shaped(average);
                          CHECK(backend.table.optimizer_step(backend.context, args) == Status::ok);
                          return joined({value.values(), first.values(), second.values(), average.values()});
                        });
}
