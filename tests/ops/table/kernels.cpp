// Entries of the kernel table that no differentiable op calls: random numbers, sums of squares (clipping), optimizers.
#include <cmath>
#include <memory>

#include "core/tensor/random.h"
#include "core/tensor/raw.h"
#include "ops/base/launch.h"
#include "ops/math/elementwise.h"
#include "optim/adadelta.h"
#include "optim/adam.h"
#include "optim/sgd.h"
#include "tests/ops/table/row.h"

namespace grus::test {
namespace {

constexpr double pi = 3.141592653589793, unit = 0x1p-24;
// The first four lanes of Philox for seed 0, draw 0 (Random123's known answers), are these numbers in [0, 1).
constexpr double u0 = 0x6627e8 * unit, u1 = 0xe169c5 * unit, u2 = 0xbc57ac * unit, u3 = 0x9b00db * unit;

Row random_row(const char* op, const char* equation, Tensor (*draw)(const Tensor& like, Rng& rng),
               std::vector<double> first) {
  const Function f = [draw](const Tensor& x) {
    Rng rng(0);
    return draw(x, rng);
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
                 {0, 2.5, 2.5, 2.5}),
      random_row("random_integers", "low + floor(lane (high - low) / 2^32)",
                 [](const Tensor& x, Rng& rng) {
                   require_float("random_integers", x);
                   return cast(random_integers(x.shape(), -5, 1000, rng, DType::i64, x.device()), x.dtype());
                 },
                 {396, 879, 734, 603})};
}

using MakeOptimizer = std::unique_ptr<optim::Optimizer> (*)(const nn::Parameters&);

/// Maps value, gradient and what an optimizer keeps, by its names, to value and kept tensors after its step 4, by the
/// backend's kernel or in plain ops.
Function step(MakeOptimizer make, std::vector<std::string> kept, bool fused) {
  return [=](In in) -> Tensors {
    require_float("optimizer", in["value"]);
    const nn::Parameter w(in["value"].detach());
    const auto optimizer = make({{"w", w}});
    optimizer->set_fused(fused);
    const Tensor three = Tensor::from(std::vector<int64_t>{3}, Device("cpu"));
    nn::NamedTensors state{{"steps", three}, {"updates", three}};
    for (const std::string& name : kept) state.push_back({name + ".w", in[name].detach()});
    optimizer->load_state(state);
    w.leaf().set_grad(in["gradient"].detach());
    optimizer->step(0.5);
    Tensors y{w.value().detach()};
    const nn::NamedTensors after = optimizer->state();
    for (const std::string& name : kept) y.push_back(*nn::find(after, name + ".w"));
    return y;
  };
}

Row optimizer_row(const char* entry, const char* equation, MakeOptimizer make, std::vector<std::string> kept) {
  const auto inputs = [kept](Shape shape) {
    std::vector<Input> all{{"value", shape}, {"gradient", shape}};
    for (const std::string& name : kept) all.push_back({name.c_str(), shape, 0.5, 2});
    return all;
  };
  const Function f = step(make, kept, true), twin = step(make, kept, false);
  return {entry,
          equation,
          floats,
          0,
          {{"(2, 3)", inputs({2, 3}), f, {}, twin},
           {"nothing", inputs({0}), f, {}, twin},
           {"large", inputs({70001}), f, {}, twin, Size::large}},
          {}};
}

template <class Optimizer, class Options>
std::unique_ptr<optim::Optimizer> make(const nn::Parameters& parameters, Options options) {
  return std::make_unique<Optimizer>(parameters, options);
}

std::vector<Row> optimizer_rows() {
  return {optimizer_row("sgd_step", "m = momentum m + g, w -= lr m",
                        [](const nn::Parameters& parameters) {
                          return make<optim::Sgd>(parameters,
                                                  optim::SgdOptions{.lr = 0.1, .momentum = 0.9, .weight_decay = 0.01});
                        },
                        {"momentum"}),
          optimizer_row("adam_step", "m, v: moving means of g, g^2; w -= lr m / (sqrt(v) + eps), without bias",
                        [](const nn::Parameters& parameters) {
                          return make<optim::AdamW>(parameters, optim::AdamWOptions{.lr = 0.1, .beta2 = 0.99});
                        },
                        {"first", "second"}),
          optimizer_row("adadelta_step", "w -= lr sqrt(E[d^2] + eps) / sqrt(E[g^2] + eps) g",
                        [](const nn::Parameters& parameters) {
                          return make<optim::Adadelta>(
                              parameters, optim::AdadeltaOptions{.lr = 0.1, .eps = 1e-3, .weight_decay = 0.01});
                        },
                        {"square_mean", "change_mean"})};
}

/// The op of this row passes dy on without a kernel.
Row add_gradient_row() {
  const auto gradient = [](int wrt) -> Function {
    return [wrt](const Tensor& x) {
      require_float("binary_gradient", x);
      Tensor dx = Tensor::empty(x.shape(), x.dtype(), x.device());
      const Device device = dx.device();
      device.check(device.kernels().binary_gradient(device.context(), BinaryOp::add, wrt, Raw::write_view(dx),
                                                    Raw::view(x), Raw::view(x), Raw::view(x), Raw::view(x)),
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
                          [](const Tensor& x) { return launch::reduced(ReduceOp::sum_of_squares, x, {}); },
                          {{{}, {14}}}},
                         {"large",
                          {{{257, 301}}},
                          [](const Tensor& x) { return launch::reduced(ReduceOp::sum_of_squares, x, {}); },
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
