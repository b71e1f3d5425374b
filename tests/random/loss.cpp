// Losses of any shape and option.
#include "ops/loss/loss.h"

#include <fmt/format.h>

#include "ops/loss/linear_cross_entropy.h"
#include "ops/math/elementwise.h"
#include "ops/math/softmax.h"
#include "tests/random/statement.h"

namespace grus::test {
namespace {

constexpr int64_t ignored = -100;

Reduction draw_reduction(Choices& choices) {
  return choices.of(std::vector<Reduction>{Reduction::mean, Reduction::sum, Reduction::none});
}
std::string reduction_text(Reduction reduction) {
  return reduction == Reduction::mean ? "mean" : reduction == Reduction::sum ? "sum" : "none";
}

/// Draws classes of rows, some of them to be ignored.
Input draw_targets(Choices& choices, const Sizes& sizes, int64_t classes) {
  Input targets = draw_ids(choices, sizes, classes);
  const int64_t every = choices.in(0, 4);
  for (size_t i = 0; every > 1 && i < targets.values.size(); i += static_cast<size_t>(every))
    targets.values[i] = static_cast<double>(ignored);
  return targets;
}

/// Returns sizes of logits of at least one class.
Sizes logit_sizes(Choices& choices, const Sizes& like) {
  Sizes sizes = sizes_like(choices, like, 1, 5);
  if (sizes.back() == 0) sizes.back() = 1;
  return sizes;
}

/// Returns weights 0.5, 0.75, 1, ... that are given and no part of the graph.
Tensor class_weights(int64_t classes, const Tensor& like) {
  std::vector<double> weights;
  for (int64_t i = 0; i < classes; ++i) weights.push_back(0.5 + 0.25 * static_cast<double>(i % 7));
  return cast(Tensor::from(weights, like.device()), like.dtype());
}

Sample draw_cross_entropy(Choices& choices, const Sizes& like) {
  const Sizes sizes = logit_sizes(choices, like);
  const Input targets = draw_targets(choices, Sizes(sizes.begin(), sizes.end() - 1), sizes.back());
  const Reduction reduction = draw_reduction(choices);
  const double smoothing = choices.maybe() ? 0.1 : 0;
  const bool weighted = choices.in(0, 3) == 3, wide = choices.maybe();
  return {
      fmt::format("cross_entropy($0, $1, {{.ignore_index = -100, .label_smoothing = {}, .weight = {}, .reduction = "
                  "{}}})  /* targets {} */",
                  smoothing, weighted ? "0.5, 0.75, 1, ..." : "{}", reduction_text(reduction), wide ? "i64" : "i32"),
      {{shape_of(sizes), -3, 3}, targets},
      [=](Xs x) {
        return cross_entropy(x[0], wide ? x[1] : cast(x[1], DType::i32),
                             {.ignore_index = ignored,
                              .label_smoothing = smoothing,
                              .weight = weighted ? class_weights(x[0].dim(-1), x[0]) : Tensor(),
                              .reduction = reduction});
      }};
}

Sample draw_nll(Choices& choices, const Sizes& like) {
  const Sizes sizes = logit_sizes(choices, like);
  const Reduction reduction = draw_reduction(choices);
  return {fmt::format("nll_loss(log_softmax($0), $1, {{.ignore_index = -100, .reduction = {}}})",
                      reduction_text(reduction)),
          {{shape_of(sizes), -3, 3}, draw_targets(choices, Sizes(sizes.begin(), sizes.end() - 1), sizes.back())},
          [=](Xs x) { return nll_loss(log_softmax(x[0]), x[1], {.ignore_index = ignored, .reduction = reduction}); }};
}

/// nll_sum is a value without gradient.
template <bool with_nll>
Sample draw_linear_cross_entropy(Choices& choices, const Sizes& like) {
  const Sizes sizes = sizes_like(choices, like, 2, 2);
  const int64_t classes = draw_size(choices) + 1, chunk = choices.in(1, 7);
  const double smoothing = choices.maybe() ? 0.1 : 0;
  const bool bias = choices.maybe();
  std::vector<Input> inputs{{shape_of(sizes)}, draw_targets(choices, {sizes[0]}, classes), {Shape{classes, sizes[1]}}};
  if (bias) inputs.push_back({Shape{classes}});
  return {fmt::format("linear_cross_entropy($0, $2, {}, $1, {{.label_smoothing = {}, .chunk_rows = {}}})",
                      bias ? "$3" : "{}", smoothing, chunk),
          inputs, [=](Xs x) -> Tensors {
            const auto y = linear_cross_entropy(x[0], x[2], bias ? x[3] : Tensor(), cast(x[1], DType::i32),
                                                {.label_smoothing = smoothing, .chunk_rows = chunk});
            return with_nll ? Tensors{y.loss, y.nll_sum} : Tensors{y.loss};
          }};
}

using PairLoss = Tensor (*)(const Tensor&, const Tensor&, Reduction);

Tensor huber(const Tensor& a, const Tensor& b, Reduction reduction) { return huber_loss(a, b, 0.8, reduction); }

Statement pair(const char* name, PairLoss op) {
  return {name, [=](Choices& choices, const Sizes& like) -> Sample {
            Sizes sizes = sizes_like(choices, like, 0, 6);
            for (int64_t& size : sizes) size = std::max<int64_t>(size, 1);  // there is no mean of nothing
            const Reduction reduction = draw_reduction(choices);
            return {fmt::format("{}($0, $1, {})", name, reduction_text(reduction)),
                    {{shape_of(sizes)}, {shape_of(sizes)}},
                    [=](Xs x) { return op(x[0], x[1], reduction); }};
          }};
}

}  // namespace

std::vector<Statement> loss_statements() {
  return {{"cross_entropy", draw_cross_entropy},
          {"nll_loss", draw_nll},
          {"linear_cross_entropy", draw_linear_cross_entropy<false>},
          {"linear_cross_entropy", draw_linear_cross_entropy<true>, Statement::Gradient::by_definition},
          pair("mse_loss", mse_loss),
          pair("l1_loss", l1_loss),
          pair("huber_loss", huber),
          pair("bce_with_logits", bce_with_logits)};
}

}  // namespace grus::test
