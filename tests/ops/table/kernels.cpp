// Entries of the kernel table that no differentiable op calls: random numbers, sums of squares (clipping), optimizers.
#include <cmath>

#include "core/tensor/random.h"
#include "ops/elementwise.h"
#include "ops/launch.h"
#include "tests/ops/table/row.h"

namespace grus::test {
namespace {

constexpr double pi = 3.141592653589793, unit = 0x1p-24;
// The first four lanes of Philox for seed 0, draw 0 (Random123's known answers), are these numbers in [0, 1).
constexpr double u0 = 0x6627e8 * unit, u1 = 0xe169c5 * unit, u2 = 0xbc57ac * unit, u3 = 0x9b00db * unit;

Row random_row(const char* op, const char* equation, Tensor (*draw)(const Tensor& like, Rng& rng),
               std::vector<double> first) {
  const Function f = [draw](Xs x) {
    Rng rng(0);
    return draw(x[0], rng);
  };
  return {op,
          equation,
          floats,
          0,
          {{"the known answer", {{{1, 4}}}, f, {{{1, 4}, std::move(first)}}},
           {"nothing", {{{0, 4}}}, f},
           {"large", {{{257, 301}}}, f, {}, {}, Size::large}},
          {}};
}

std::vector<Row> random_rows() {
  const double r = std::sqrt(-2 * std::log(u0 + unit)), s = std::sqrt(-2 * std::log(u2 + unit));
  return {
      random_row("random_uniform", "low + (high - low) u",
                 [](const Tensor& x, Rng& rng) { return random_uniform(x.shape(), -2, 6, rng, x.dtype(), x.device()); },
                 {8 * u0 - 2, 8 * u1 - 2, 8 * u2 - 2, 8 * u3 - 2}),
      random_row("random_normal", "mean + deviation * Box-Muller",
                 [](const Tensor& x, Rng& rng) { return random_normal(x.shape(), 1, 3, rng, x.dtype(), x.device()); },
                 {1 + 3 * r * std::cos(2 * pi * u1), 1 + 3 * r * std::sin(2 * pi * u1),
                  1 + 3 * s * std::cos(2 * pi * u3), 1 + 3 * s * std::sin(2 * pi * u3)}),
      random_row("random_keep_mask", "0 with probability p, else 1 / (1 - p)",
                 [](const Tensor& x, Rng& rng) { return random_keep_mask(x.shape(), 0.6, rng, x.dtype(), x.device()); },
                 {0, 2.5, 2.5, 2.5})};
}

/// A step maps value, grad, first, second to value, first, second.
Function step(OptimizerArgs args, int states) {
  return [=](Xs x) -> Tensors {
    require_float("optimizer_step", x[0]);
    Tensors y{x[0].clone(), x[2].clone(), x[3].clone()};
    OptimizerArgs a = args;
    const auto row = [](Matrix matrix) {
      return Matrix{
          matrix.buffer, matrix.offset, matrix.dtype, 1, matrix.rows * matrix.cols, matrix.rows * matrix.cols, 0};
    };
    a.value = row(y[0].write_matrix());
    a.grad = row(x[1].matrix());
    if (states > 0) a.first = row(y[1].write_matrix());
    if (states > 1) a.second = row(y[2].write_matrix());
    x[0].device().check(x[0].device().kernels().optimizer_step(x[0].device().context(), a), "optimizer_step");
    return y;
  };
}

OptimizerArgs plain(OptimizerKind kind) {
  OptimizerArgs args{};
  args.kind = kind;
  args.grad_scale = 0.5;
  args.lr = 0.1;
  args.beta1 = 0.9;
  args.beta2 = 0.99;
  args.eps = 1e-3;
  args.bias1 = args.bias2 = 1;
  args.weight_decay = 0.01;
  return args;
}

Row optimizer_row(const char* op, const char* equation, const Function& f, const Function& twin) {
  const auto inputs = [](Shape shape) { return std::vector<Input>{{shape}, {shape}, {shape}, {shape, 0.5, 2}}; };
  return {op,
          equation,
          floats,
          0,
          {{"(2, 3)", inputs({2, 3}), f, {}, twin},
           {"nothing", inputs({0}), f, {}, twin},
           {"large", inputs({70001}), f, {}, twin, Size::large}},
          {}};
}

std::vector<Row> optimizer_rows() {
  const OptimizerArgs sgd = plain(OptimizerKind::sgd), adam = plain(OptimizerKind::adam),
                      adadelta = plain(OptimizerKind::adadelta);
  const auto gradient = [](Xs x) { return 0.5 * x[1] + 0.01 * x[0]; };
  return {
      optimizer_row("optimizer_step: sgd", "v = momentum v + g, x -= lr v", step(sgd, 1),
                    [gradient](Xs x) -> Tensors {
                      const Tensor v = 0.9 * x[2] + gradient(x);
                      return {x[0] - 0.1 * v, v, x[3]};
                    }),
      optimizer_row("optimizer_step: adam", "m, v: moving means of g, g^2; x -= lr m / (sqrt(v) + eps)", step(adam, 2),
                    [gradient](Xs x) -> Tensors {
                      const Tensor g = gradient(x), m = 0.9 * x[2] + 0.1 * g, v = 0.99 * x[3] + 0.01 * square(g);
                      return {x[0] - 0.1 * m / (sqrt(v) + 1e-3), m, v};
                    }),
      optimizer_row(
          "optimizer_step: adadelta", "x -= lr sqrt(E[dx^2] + eps) / sqrt(E[g^2] + eps) g",
          [f = step(adadelta, 2)](Xs x) {
            return f.many(Tensors{x[0], x[1], square(x[2]), x[3]});
          },
          [gradient](Xs x) -> Tensors {
            const Tensor g = gradient(x), gg = 0.9 * square(x[2]) + 0.1 * square(g),
                         dx = g * sqrt(x[3] + 1e-3) / sqrt(gg + 1e-3);
            return {x[0] - 0.1 * dx, gg, 0.9 * x[3] + 0.1 * square(dx)};
          })};
}

/// The op of this row passes dy on without a kernel.
Row add_gradient_row() {
  const auto gradient = [](int wrt) -> Function {
    return [wrt](Xs x) {
      require_float("binary_gradient", x[0]);
      Tensor dx = Tensor::empty(x[0].shape(), x[0].dtype(), x[0].device());
      const Device device = dx.device();
      device.check(device.kernels().binary_gradient(device.context(), BinaryOp::add, wrt, dx.write_view(), x[0].view(),
                                                    x[0].view(), x[0].view(), x[0].view()),
                   "binary_gradient");
      return dx;
    };
  };
  return {"binary_gradient: add",
          "da = dy, db = dy",
          floats,
          0,
          {{"a", {given({2}, {1, 2})}, gradient(0), {{{2}, {1, 2}}}},
           {"b", {given({2}, {1, 2})}, gradient(1), {{{2}, {1, 2}}}}},
          {}};
}

}  // namespace

std::vector<Row> kernel_rows() {
  std::vector<Row> all{{"sum_of_squares",
                        "y = sum x^2 (for the norm of gradients)",
                        numbers,
                        0,
                        {{"by hand",
                          {given({3}, {1, -2, 3})},
                          [](Xs x) { return launch::reduced(ReduceOp::sum_of_squares, x[0], {}); },
                          {{{}, {14}}}},
                         {"large",
                          {{{257, 301}}},
                          [](Xs x) { return launch::reduced(ReduceOp::sum_of_squares, x[0], {}); },
                          {},
                          {},
                          Size::large}},
                        {},
                        1e-4},
                       add_gradient_row()};
  for (auto family : {random_rows, optimizer_rows})
    for (Row& row : family()) all.push_back(std::move(row));
  return all;
}

}  // namespace grus::test
