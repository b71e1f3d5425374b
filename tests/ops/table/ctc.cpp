// Rows of CTC: fused beside its twin, over ragged lengths, repeated labels and sequences without an alignment.
#include "ops/loss/ctc.h"

#include <cmath>

#include "ops/math/softmax.h"
#include "tests/ops/table/row.h"
#include "tests/support/tensors.h"

namespace grus::test {
namespace {

using Ints = std::vector<int64_t>;
using Loss = Tensor (*)(const Tensor&, const Tensor&, const Ints&, const Ints&, const CtcLossOptions&);

Function with(Loss f, Ints steps, Ints lengths, CtcLossOptions options) {
  return [=](In in) { return f(in["log_probs"], in["labels"], steps, lengths, options); };
}

Sample sample(const char* what, Input log_probs, Input labels, Ints steps, Ints lengths, CtcLossOptions options = {}) {
  return {what,
          {std::move(labels), std::move(log_probs)},
          with(ctc_loss, steps, lengths, options),
          {},
          with(ctc_loss_composed, steps, lengths, options)};
}

Input drawn(Shape shape) { return {"log_probs", shape, -3, -0.1}; }

std::vector<ErrorCase> ctc_errors() {
  const auto refused = [](Ints steps, Ints lengths, CtcLossOptions options, const std::string& message) {
    return ErrorCase{
        [=](Device d) {
          ctc_loss(Tensor::zeros({3, 2, 4}, DType::f64, d), i64({1, 2, 3}, {3}, d), steps, lengths, options);
        },
        "[ctc_loss] need " + message};
  };
  return {refused({3}, {2, 1}, {}, "step lengths for each of 2 sequences, got 1"),
          refused({3, 4}, {2, 1}, {}, "step lengths in [0, 3], got 4"),
          refused({3, 3}, {2, -1}, {}, "label lengths in [0, 3], got -1"),
          refused({3, 3}, {2, 2}, {}, "labels (B, L) or (4), the sum of their lengths, for 2 sequences, got (3)"),
          refused({3, 3}, {2, 1}, {.blank = 4}, "a blank in [0, 4), got 4"),
          {[](Device d) {
             ctc_loss(Tensor::zeros({3, 1, 2}, DType::f64, d), i64({2}, {1}, d), {3}, {1});
           },
           "[ctc_loss] need labels in [0, 2), got 2 at (0)"},
          {[](Device d) {
             ctc_loss(Tensor::zeros({3, 2}, DType::f64, d), i64({2}, {1}, d), {3}, {1});
           },
           "[ctc_loss] need log_probs (T, B, C), got (3, 2)"}};
}

}  // namespace

std::vector<Row> ctc_rows() {
  const CtcLossOptions none{.reduction = Reduction::none}, zero{.reduction = Reduction::sum, .zero_infinity = true};
  Row row{"ctc_loss",
          "-log of the sum over alignments of labels with steps",
          floats,
          2,
          {sample("one label", drawn({3, 1, 2}), ids("labels", {1}, {1}), {3}, {1}),
           sample("ragged", drawn({4, 3, 3}), ids("labels", {5}, {1, 2, 2, 2, 1}), {4, 4, 2}, {2, 2, 1}),
           sample("padded labels", drawn({4, 2, 3}), ids("labels", {2, 2}, {1, 2, 2, 0}), {4, 3}, {2, 1}, none),
           sample("no labels", drawn({2, 1, 2}), ids("labels", {0}, {}), {2}, {0}),
           sample("another blank", drawn({3, 1, 3}), ids("labels", {2}, {0, 1}), {3}, {2}, {.blank = 2}),
           sample("no alignment", drawn({3, 2, 3}), ids("labels", {4}, {1, 1, 1, 2}), {3, 3}, {3, 1}, zero),
           sample("no steps", drawn({2, 2, 2}), ids("labels", {1}, {1}), {0, 0}, {0, 1}, zero)},
          ctc_errors(),
          1e-4};
  const double p = 0.25;  // two steps of (blank, label) at even odds of 2 classes: three of the four alignments
  row.samples.push_back(
      {"by hand",
       {ids("labels", {1}, {1}), given("log_probs", {2, 1, 2}, std::vector<double>(4, std::log(0.5)))},
       with(ctc_loss, {2}, {1}, none),
       {{{1}, {-std::log(3 * p)}}}});
  std::vector<double> many;
  for (int i = 0; i < 16 * 20; ++i) many.push_back(1 + i * 7 % 29);
  row.samples.push_back({"large",
                         {ids("labels", {16, 20}, many), {"log_probs", {50, 16, 30}, -4, -3}},
                         with(ctc_loss, Ints(16, 50), Ints(16, 20), {}),
                         {},
                         with(ctc_loss_composed, Ints(16, 50), Ints(16, 20), {}),
                         Size::large});
  return {row};
}

}  // namespace grus::test
