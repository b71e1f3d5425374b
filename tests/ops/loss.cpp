#include "ops/loss.h"

#include <doctest/doctest.h>

#include "core/tape.h"
#include "ops/elementwise.h"
#include "ops/softmax.h"
#include "tests/ops/rows.h"

using namespace grus;
using namespace grus::test;

namespace {

using Xs = std::span<const Tensor>;
using Loss = Tensor (*)(const Tensor&, const Tensor&, const CrossEntropyOptions&);

constexpr int64_t ignored = -100;
const std::vector<int64_t> some_targets{2, 0, ignored, 1};

/// Every option, of logits (4, 3). The weights, when asked for, are made on the device and in the dtype of the logits.
struct Case {
  std::string name;
  double smoothing;
  bool weighted;
  Reduction reduction;
};
std::vector<Case> cases() {
  std::vector<Case> all;
  for (const double smoothing : {0.0, 0.1})
    for (const bool weighted : {false, true})
      for (const Reduction reduction : {Reduction::mean, Reduction::sum, Reduction::none})
        all.push_back(
            {fmt::format("smoothing {}, weighted {}, reduction {}", smoothing, weighted, static_cast<int>(reduction)),
             smoothing, weighted, reduction});
  return all;
}

CrossEntropyOptions options_of(const Case& c, const Tensor& like) {
  CrossEntropyOptions options{
      .ignore_index = ignored, .label_smoothing = c.smoothing, .weight = {}, .reduction = c.reduction};
  if (c.weighted) options.weight = cast(f64({0.5, 1, 2}, {3}, like.device()), like.dtype());
  return options;
}

Row row_of(const Case& c, Loss loss) {
  return {c.name, {{{4, 3}}}, [c, loss](Xs x) {
            return loss(x[0], i64(some_targets, {4}, x[0].device()), options_of(c, x[0]));
          }};
}

}  // namespace

TEST_CASE("cross_entropy: gradients of first and second order, for every option") {
  for (const Case& c : cases()) check_row(row_of(c, cross_entropy));
}

TEST_CASE("cross_entropy: fused equals composed, values and gradients") {
  for (const Device& d : devices())
    for (const Case& c : cases()) {
      CAPTURE(c.name);
      const Tensor logits = draw({{4, 3}}, 3, d);
      std::vector<Tensor> values_of, gradients;
      for (const Loss loss : {Loss(cross_entropy), Loss(cross_entropy_composed)}) {
        Tape tape;
        const std::vector<Tensor> inputs{tape.watch(logits)};
        const Tensor y = loss(inputs[0], i64(some_targets, {4}, d), options_of(c, logits));
        values_of.push_back(y);
        gradients.push_back(tape.grad(y, inputs, false, draw({y.shape()}, 4, d))[0]);
      }
      check_equal(values_of[0], values_of[1].shape(), values(values_of[1]), 1e-12);
      check_equal(gradients[0], {4, 3}, values(gradients[1]), 1e-12);
    }
}

TEST_CASE("cross_entropy: values") {
  for (const Device& d : devices()) {
    const Tensor logits = f64({0, 1, 2, 1, 1, 1}, {2, 3}, d), targets = i64({2, 0}, {2}, d);
    const double first = 0.4076059644443804, second = 1.0986122886681098;
    check_equal(cross_entropy(logits, targets), {}, {(first + second) / 2});
    check_equal(cross_entropy(logits, i32({2, 0}, {2}, d)), {}, {(first + second) / 2});
    check_equal(cross_entropy(logits, targets, {.reduction = Reduction::sum}), {}, {first + second});
    check_equal(cross_entropy(logits, targets, {.reduction = Reduction::none}), {2}, {first, second});
    check_equal(cross_entropy(logits, targets, {.ignore_index = 0}), {}, {first});
    check_equal(cross_entropy(logits, targets, {.label_smoothing = 0.3}), {},
                {(0.7 * first + 0.3 * (first + 1) + second) / 2});
    check_equal(cross_entropy(logits, targets, {.weight = f64({3, 1, 1}, {3}, d)}), {}, {(first + 3 * second) / 4});
    check_equal(cross_entropy(logits, i64({9, 9}, {2}, d), {.ignore_index = 9}), {}, {0});
    check_equal(cross_entropy_composed(logits, i64({9, 9}, {2}, d), {.ignore_index = 9}), {}, {0});
    check_equal(cross_entropy(logits.rows(0, 0), targets.rows(0, 0)), {}, {0});
    check_equal(cross_entropy(logits.reshape({1, 2, 3}), targets.reshape({1, 2}), {.reduction = Reduction::none}),
                {1, 2}, {first, second});
    check_equal(nll_loss(log_softmax(logits), targets), {}, {(first + second) / 2});
    check_equal(nll_loss(logits, targets, {.ignore_index = 2, .reduction = Reduction::none}), {2}, {0, -1});
    check_equal(logits, {2, 3}, {0, 1, 2, 1, 1, 1});  // the fused kernel works on a copy
  }
}

TEST_CASE("losses: gradients of first and second order") {
  std::vector<Row> rows{{"nll_loss", {{{4, 3}}}, [](Xs x) {
                           return square(
                               nll_loss(x[0], i64(some_targets, {4}, x[0].device()), {.ignore_index = ignored}));
                         }}};
  const std::vector<std::pair<std::string, Tensor (*)(const Tensor&, const Tensor&, Reduction)>> pairs{
      {"mse_loss", mse_loss}, {"l1_loss", l1_loss}, {"bce_with_logits", bce_with_logits}};
  for (const auto& [name, f] : pairs)
    for (const Reduction reduction : {Reduction::mean, Reduction::sum, Reduction::none}) {
      const auto loss = f;
      rows.push_back({name, {{{2, 3}}, {{2, 3}}}, [loss, reduction](Xs x) { return loss(x[0], x[1], reduction); }});
    }
  check_rows(rows);
}

TEST_CASE("losses: values") {
  for (const Device& d : devices()) {
    const Tensor x = f64({1, -2}, {2}, d), t = f64({0, 1}, {2}, d);
    check_equal(mse_loss(x, t), {}, {5});
    check_equal(mse_loss(x, t, Reduction::sum), {}, {10});
    check_equal(l1_loss(x, t, Reduction::none), {2}, {1, 3});
    check_equal(bce_with_logits(x, t, Reduction::none), {2}, {1.3132616875182228, 2.1269280110429727});
    check_equal(bce_with_logits(f64({1000, -1000}, {2}, d), f64({1, 0}, {2}, d)), {}, {0});
  }
}

TEST_CASE("losses: sides of different shapes are an error that names both") {
  const Device d = devices()[0];
  const auto x = [&](Shape shape) { return Tensor::zeros(shape, DType::f64, d); };
  CHECK(message_of([&] {
          mse_loss(x({4, 1}), x({4}));
        }) == "[mse_loss] need two sides of one shape, got (4, 1) and (4)");
  CHECK(message_of([&] { l1_loss(x({4}), x({})); }) == "[l1_loss] need two sides of one shape, got (4) and ()");
  CHECK(message_of([&] { bce_with_logits(x({2}), x({1})); }) ==
        "[bce_with_logits] need two sides of one shape, got (2) and (1)");
  CHECK(message_of([&] {
          cross_entropy(x({2, 3}), i64({0}, {1}, d));
        }) == "[cross_entropy] need rows (..., V) and a target (...) for each, got (2, 3) and targets (1)");
  CHECK(message_of([&] {
          cross_entropy(x({2, 3}), i64({0, 3}, {2}, d));
        }) == "[cross_entropy] need ids in [0, 3), got 3");
  CHECK(message_of([&] {
          cross_entropy(x({2, 3}), i64({0, -1}, {2}, d), {.ignore_index = -100});
        }) == "[cross_entropy] need ids in [0, 3), got -1");
  CHECK(message_of([&] { cross_entropy(x({2, 3}), x({2})); }) == "[cross_entropy] need i32 or i64 ids, got f64 (2)");
  CHECK(message_of([&] {
          cross_entropy(x({1, 3}), i64({0}, {1}, d), {.label_smoothing = 1.5});
        }) == "[cross_entropy] need label smoothing in [0, 1], got 1.5");
  CHECK(message_of([&] {
          cross_entropy(x({1, 3}), i64({0}, {1}, d), {.weight = x({2})});
        }) == "[cross_entropy] need a weight for each of 3 classes, got (2)");
  CHECK(message_of([&] {
          nll_loss(x({1, 3}), i64({0}, {1}, d), {.label_smoothing = 0.5});
        }) == "[nll_loss] need no label smoothing, got 0.5");
}
