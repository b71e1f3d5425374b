#include <fmt/format.h>

#include "ops/loss/linear_cross_entropy.h"
#include "ops/loss/loss.h"
#include "ops/math/elementwise.h"
#include "ops/math/softmax.h"
#include "tests/ops/table/row.h"
#include "tests/support/tensors.h"

namespace grus::test {
namespace {

constexpr int64_t ignored = -100;
constexpr double first = 0.4076059644443804, second = 1.0986122886681098;  // -log softmax(0 1 2)[2], (1 1 1)[0]

using CrossEntropy = Tensor (*)(const Tensor&, const Tensor&, const CrossEntropyOptions&);

/// A function of logits and targets.
Function with_options(CrossEntropy f, double smoothing, Reduction reduction, int64_t ignore = ignored) {
  return [=](In in) {
    return f(in["logits"], in["targets"],
             {.ignore_index = ignore, .label_smoothing = smoothing, .weight = {}, .reduction = reduction});
  };
}

std::vector<Sample> cross_entropy_samples() {
  std::vector<Sample> samples;
  const Input targets = ids("targets", {4}, {2, 0, ignored, 1});
  for (const double smoothing : {0.0, 0.1})
    for (const Reduction reduction : {Reduction::mean, Reduction::sum, Reduction::none})
      samples.push_back({fmt::format("smoothing {}, reduction {}", smoothing, static_cast<int>(reduction)),
                         {{"logits", {4, 3}}, targets},
                         with_options(cross_entropy, smoothing, reduction),
                         {},
                         with_options(cross_entropy_composed, smoothing, reduction)});
  const Input logits = given("logits", {2, 3}, {0, 1, 2, 1, 1, 1}), to = ids("targets", {2}, {2, 0});
  const auto plain = [](Reduction reduction) { return with_options(cross_entropy, 0, reduction); };
  samples.push_back({"mean, by hand", {logits, to}, plain(Reduction::mean), {{{}, {(first + second) / 2}}}});
  samples.push_back({"sum, by hand", {logits, to}, plain(Reduction::sum), {{{}, {first + second}}}});
  samples.push_back({"none, by hand", {logits, to}, plain(Reduction::none), {{{2}, {first, second}}}});
  samples.push_back({"leading axes kept",
                     {given("logits", {1, 2, 3}, {0, 1, 2, 1, 1, 1}), ids("targets", {1, 2}, {2, 0})},
                     plain(Reduction::none),
                     {{{1, 2}, {first, second}}}});
  samples.push_back(
      {"a target that is ignored", {logits, to}, with_options(cross_entropy, 0, Reduction::mean, 0), {{{}, {first}}}});
  samples.push_back({"smoothing, by hand",
                     {logits, to},
                     with_options(cross_entropy, 0.3, Reduction::mean),
                     {{{}, {(0.7 * first + 0.3 * (first + 1) + second) / 2}}}});
  samples.push_back({"every row ignored",
                     {logits, ids("targets", {2}, {9, 9})},
                     with_options(cross_entropy, 0, Reduction::mean, 9),
                     {{{}, {0}}},
                     with_options(cross_entropy_composed, 0, Reduction::mean, 9)});
  samples.push_back({"no rows", {{"logits", {0, 3}}, ids("targets", {0}, {})}, plain(Reduction::mean), {{{}, {0}}}});
  std::vector<double> many;
  for (int i = 0; i < 97; ++i) many.push_back(i % 7 == 0 ? ignored : 3 * i);
  samples.push_back({"large",
                     {{"logits", {97, 301}}, ids("targets", {97}, many)},
                     with_options(cross_entropy, 0.1, Reduction::mean),
                     {},
                     with_options(cross_entropy_composed, 0.1, Reduction::mean),
                     Size::large});
  return samples;
}

/// Class weights are no part of the graph: they are given, not differentiated.
Function weighted(CrossEntropy f, double smoothing, Reduction reduction) {
  return [=](In in) {
    const Tensor& logits = in["logits"];
    const Tensor weight = cast(f64({0.5, 1, 2}, {3}, logits.device()), logits.dtype());
    return f(logits, in["targets"],
             {.ignore_index = ignored, .label_smoothing = smoothing, .weight = weight, .reduction = reduction});
  };
}

std::vector<Sample> weighted_samples() {
  std::vector<Sample> samples;
  for (const double smoothing : {0.0, 0.1})
    for (const Reduction reduction : {Reduction::mean, Reduction::sum, Reduction::none})
      samples.push_back(
          {fmt::format("class weights, smoothing {}, reduction {}", smoothing, static_cast<int>(reduction)),
           {{"logits", {4, 3}}, ids("targets", {4}, {2, 0, ignored, 1})},
           weighted(cross_entropy, smoothing, reduction),
           {},
           weighted(cross_entropy_composed, smoothing, reduction)});
  samples.push_back({"class weights, by hand",
                     {given("logits", {2, 3}, {0, 1, 2, 1, 1, 1}), ids("targets", {2}, {2, 0})},
                     [](In in) {
                       const Tensor& logits = in["logits"];
                       const Tensor weight = cast(f64({3, 1, 1}, {3}, logits.device()), logits.dtype());
                       return cross_entropy(logits, in["targets"], {.weight = weight});
                     },
                     {{{}, {(first + 3 * second) / 4}}}});
  return samples;
}

std::vector<ErrorCase> cross_entropy_errors() {
  const auto x = [](Shape shape, Device d) { return Tensor::zeros(shape, DType::f64, d); };
  return {
      {[x](Device d) {
         cross_entropy(x({2, 3}, d), i64({0}, {1}, d));
       },
       "[cross_entropy] need rows (..., V) and a target (...) for each, got (2, 3) and targets (1)"},
      {[x](Device d) {
         cross_entropy(x({2, 3}, d), i64({0, 3}, {2}, d));
       },
       "[cross_entropy] need targets in [0, 3), got 3 at (1), which is not the ignore_index"},
      {[x](Device d) {
         cross_entropy(x({2, 3}, d), i64({0, -1}, {2}, d), {.ignore_index = -100});
       },
       "[cross_entropy] need targets in [0, 3), got -1 at (1), which is not the ignore_index"},
      {[x](Device d) {
         cross_entropy(x({2, 3}, d), x({2}, d));
       },
       "[cross_entropy] need i32 or i64 ids, got f64 (2)"},
      {[x](Device d) {
         cross_entropy(x({1, 3}, d), i64({0}, {1}, d), {.label_smoothing = 1.5});
       },
       "[cross_entropy] need label smoothing in [0, 1], got 1.5"},
      {[x](Device d) {
         cross_entropy(x({1, 3}, d), i64({0}, {1}, d), {.weight = x({2}, d)});
       },
       "[cross_entropy] need a weight for each of 3 classes, got (2)"},
  };
}

Row cross_entropy_row() {
  Row row{"cross_entropy",
          "-sum_j q_j log softmax(logits)_j, q = (1 - s) one-hot + s / V",
          floats,
          2,
          cross_entropy_samples(),
          cross_entropy_errors()};
  for (Sample& sample : weighted_samples()) row.samples.push_back(std::move(sample));
  return row;
}

Row nll_row() {
  return {"nll_loss",
          "-log_probs[i, targets[i]]",
          floats,
          2,
          {{"one ignored",
            {{"logits", {4, 3}}, ids("targets", {4}, {2, 0, ignored, 1})},
            with_options(nll_loss, 0, Reduction::mean)},
           {"by hand",
            {given("logits", {2, 3}, {0, 1, 2, 1, 1, 1}), ids("targets", {2}, {2, 0})},
            with_options(nll_loss, 0, Reduction::none, 2),
            {{{2}, {0, -1}}}}},
          {{[](Device d) {
              nll_loss(Tensor::zeros({1, 3}, DType::f64, d), i64({0}, {1}, d), {.label_smoothing = 0.5});
            },
            "[nll_loss] need no label smoothing, got 0.5"}}};
}

using PairLoss = Tensor (*)(const Tensor&, const Tensor&, Reduction);

/// `by_hand` has the losses of x = (1, -2) and target (0, 1), element by element.
Row pair_row(const std::string& op, const char* equation, PairLoss f, std::vector<double> by_hand) {
  Row row{op, equation, floats, 2, {}, {}};
  for (const Reduction reduction : {Reduction::mean, Reduction::sum, Reduction::none})
    row.samples.push_back({fmt::format("reduction {}", static_cast<int>(reduction)),
                           {{"prediction", {2, 3}}, {"target", {2, 3}}},
                           [=](In in) { return f(in["prediction"], in["target"], reduction); }});
  const Input x = given("prediction", {2}, {1, -2}), t = given("target", {2}, {0, 1});
  row.samples.push_back(
      {"by hand", {x, t}, [f](In in) { return f(in["prediction"], in["target"], Reduction::none); }, {{{2}, by_hand}}});
  row.samples.push_back({"mean, by hand",
                         {x, t},
                         [f](In in) { return f(in["prediction"], in["target"], Reduction::mean); },
                         {{{}, {(by_hand[0] + by_hand[1]) / 2}}}});
  row.errors.push_back({[f](Device d) {
                          f(Tensor::zeros({4, 1}, DType::f64, d), Tensor::zeros({4}, DType::f64, d), Reduction::mean);
                        },
                        "[" + op + "] need two sides of one shape, got (4, 1) and (4)"});
  return row;
}

Row linear_cross_entropy_row() {
  using Output = LinearCrossEntropyOutput (*)(const Tensor&, const Tensor&, const Tensor&, const Tensor&,
                                              const LinearCrossEntropyOptions&);
  const auto with = [](Output f, LinearCrossEntropyOptions options) -> Function {
    return [=](In in) { return f(in["x"], in["weight"], in["bias"], cast(in["targets"], DType::i32), options).loss; };
  };
  /// Targets as i64, and class weights.
  const auto weighted = [](Output f, double smoothing) -> Function {
    return [=](In in) {
      const Tensor& x = in["x"];
      const Tensor weight = cast(f64({0.5, 1, 2, 0.25, 1.5}, {5}, x.device()), x.dtype());
      const LinearCrossEntropyOptions options{.label_smoothing = smoothing, .weight = weight, .chunk_rows = 3};
      return f(x, in["weight"], in["bias"], in["targets"], options).loss;
    };
  };
  const LinearCrossEntropyOptions smoothed{.label_smoothing = 0.1, .chunk_rows = 3};
  const Input targets = ids("targets", {7}, {1, 0, ignored, 4, 4, 2, 3});
  std::vector<double> many;
  for (int i = 0; i < 97; ++i) many.push_back(i % 7 == 0 ? ignored : 3 * i);
  return {"linear_cross_entropy",
          "mean cross_entropy(x weight^T + bias, targets)",
          floats,
          2,
          {{"several chunks, one row ignored, smoothed",
            {targets, {{7, 3}}, {"weight", {5, 3}}, {"bias", {5}}},
            with(linear_cross_entropy, smoothed),
            {},
            with(linear_cross_entropy_composed, smoothed)},
           {"without bias",
            {targets, {{7, 3}}, {"weight", {5, 3}}},
            with(linear_cross_entropy, {}),
            {},
            with(linear_cross_entropy_composed, {})},
           {"by hand",
            {ids("targets", {2}, {2, 0}), given({2, 1}, {1, 1}), given("weight", {3, 1}, {0, 0, 0}),
             given("bias", {3}, {0, 1, 2})},
            with(linear_cross_entropy, {}),
            {{{}, {first + 1}}}},
           {"class weights",
            {targets, {{7, 3}}, {"weight", {5, 3}}, {"bias", {5}}},
            weighted(linear_cross_entropy, 0),
            {},
            weighted(linear_cross_entropy_composed, 0)},
           {"class weights, smoothed",
            {targets, {{7, 3}}, {"weight", {5, 3}}, {"bias", {5}}},
            weighted(linear_cross_entropy, 0.1),
            {},
            weighted(linear_cross_entropy_composed, 0.1)},
           {"class weights, every row ignored",
            {ids("targets", {2}, {ignored, ignored}), {{2, 3}}, {"weight", {5, 3}}, {"bias", {5}}},
            weighted(linear_cross_entropy, 0.1),
            {{{}, {0}}}},
           {"every row ignored",
            {ids("targets", {2}, {ignored, ignored}), {{2, 3}}, {"weight", {5, 3}}, {"bias", {5}}},
            with(linear_cross_entropy, {}),
            {{{}, {0}}}},
           {"no rows",
            {ids("targets", {0}, {}), {{0, 3}}, {"weight", {5, 3}}, {"bias", {5}}},
            with(linear_cross_entropy, {}),
            {{{}, {0}}}},
           {"large",
            {ids("targets", {97}, many), {{97, 65}, -0.5, 0.5}, {"weight", {301, 65}}, {"bias", {301}}},
            with(linear_cross_entropy, {.chunk_rows = 40}),
            {},
            with(linear_cross_entropy_composed, {}),
            Size::large}},
          {{[](Device d) {
              const auto x = [&](Shape shape) { return Tensor::zeros(shape, DType::f64, d); };
              linear_cross_entropy(x({1, 3}), x({5, 3}), {}, x({1}));
            },
            "[linear_cross_entropy] need i32 or i64 ids, got f64 (1)"},
           {[](Device d) {
              const auto x = [&](Shape shape) { return Tensor::zeros(shape, DType::f64, d); };
              linear_cross_entropy(x({1, 3}), x({5, 3}), {}, i64({5}, {1}, d), {.weight = x({4})});
            },
            "[linear_cross_entropy] need a weight for each of 5 classes, got (4)"},
           {[](Device d) {
              const auto x = [&](Shape shape) { return Tensor::zeros(shape, DType::f64, d); };
              linear_cross_entropy(x({1, 3}), x({5, 3}), {}, i32({5}, {1}, d));
            },
            "[linear_cross_entropy] need targets in [0, 5), got 5 at (0), which is not the ignore_index"},
           {[](Device d) {
              const auto x = [&](Shape shape) { return Tensor::zeros(shape, DType::f64, d); };
              linear_cross_entropy_composed(x({1, 3}), x({5, 3}), {}, i32({5}, {1}, d), {});
            },
            "[linear_cross_entropy] need targets in [0, 5), got 5 at (0), which is not the ignore_index"}},
          1e-4};
}

}  // namespace

std::vector<Row> loss_rows() {
  const auto huber = [](const Tensor& a, const Tensor& b, Reduction reduction) {
    return huber_loss(a, b, 1.5, reduction);
  };
  const auto smooth_l1 = [](const Tensor& a, const Tensor& b, Reduction reduction) {
    return smooth_l1_loss(a, b, 1.5, reduction);
  };
  std::vector<Row> rows{
      cross_entropy_row(),
      nll_row(),
      linear_cross_entropy_row(),
      pair_row("mse_loss", "(prediction - target)^2", mse_loss, {1, 9}),
      pair_row("l1_loss", "|prediction - target|", l1_loss, {1, 3}),
      pair_row("huber_loss", "0.5 d^2 where |d| <= delta, else delta (|d| - 0.5 delta)", huber, {0.5, 3.375}),
      pair_row("smooth_l1_loss", "0.5 d^2 / beta where |d| < beta, else |d| - 0.5 beta", smooth_l1, {0.5 / 1.5, 2.25}),
      pair_row("bce_with_logits", "softplus(x) - t x", bce_with_logits, {1.3132616875182228, 2.1269280110429727})};
  rows[5].errors.push_back({[](Device d) {
                              const Tensor x = Tensor::zeros({2}, DType::f64, d);
                              huber_loss(x, x, 0);
                            },
                            "[huber_loss] need a delta above 0, got 0"});
  return rows;
}

}  // namespace grus::test
