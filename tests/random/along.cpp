// Ops along axes of any size: sums so far, order, moments, windows, CTC.
#include <fmt/format.h>

#include <algorithm>

#include "ops/loss/ctc.h"
#include "ops/math/cumulative.h"
#include "ops/math/moments.h"
#include "ops/math/reduce.h"
#include "ops/math/shape.h"
#include "ops/math/softmax.h"
#include "ops/math/sort.h"
#include "tests/random/statement.h"

namespace grus::test {
namespace {

Statement along(const char* name, Tensor (*f)(const Tensor&, int), double low = -2, double high = 2) {
  return {name, [=](Choices& choices, const Sizes& like) -> Sample {
            const Sizes sizes = sizes_like(choices, like, 1, 6);
            const int axis = draw_axis(choices, sizes);
            return {fmt::format("{}($0, {})", name, axis), {{shape_of(sizes), low, high}}, [=](Xs x) {
                      return f(x[0], axis);
                    }};
          }};
}

Sample draw_recurrence(Choices& choices, const Sizes& like) {
  const Sizes sizes = sizes_like(choices, like, 1, 6);
  const int axis = draw_axis(choices, sizes);
  const bool backwards = choices.maybe();
  return {fmt::format("linear_recurrence($0, $1, {}, {})", axis, text(backwards)),
          {{shape_of(sizes), -1, 1}, {shape_of(sizes)}},
          [=](Xs x) { return linear_recurrence(x[0], x[1], axis, backwards); }};
}

/// Draws sizes whose axis has two entries or more, which a variance needs.
Statement moment(const char* name, Tensor (*f)(const Tensor&, const Axes&, bool)) {
  return {name, [=](Choices& choices, const Sizes& like) -> Sample {
            Sizes sizes = sizes_like(choices, like, 1, 6);
            const int axis = draw_axis(choices, sizes);
            sizes[static_cast<size_t>(axis)] = std::max<int64_t>(2, sizes[static_cast<size_t>(axis)]);
            const bool kept = choices.maybe();
            return {fmt::format("{}($0, {}, {})", name, axis, text(kept)), {{shape_of(sizes)}}, [=](Xs x) {
                      return f(x[0], axis, kept);
                    }};
          }};
}

Sample draw_unfold(Choices& choices, const Sizes& like) {
  const Sizes sizes = sizes_like(choices, like, 1, 5, 300);
  const int axis = draw_axis(choices, sizes);
  const int64_t size = choices.in(0, std::min<int64_t>(6, sizes[static_cast<size_t>(axis)])), step = choices.in(1, 3);
  return {fmt::format("unfold($0, {}, {}, {})", axis, size, step), {{shape_of(sizes)}}, [=](Xs x) {
            return unfold(x[0], axis, size, step);
          }};
}

Sample draw_ctc(Choices& choices, const Sizes&) {
  const int64_t batch = choices.in(1, 3), steps = choices.in(1, 6), classes = choices.in(2, 4);
  std::vector<int64_t> lengths, used;
  int64_t count = 0;
  for (int64_t b = 0; b < batch; ++b) {
    used.push_back(choices.in(0, steps));
    lengths.push_back(choices.in(0, 3));
    count += lengths.back();
  }
  const CtcLossOptions options{.blank = choices.in(0, classes - 1), .reduction = Reduction::sum, .zero_infinity = true};
  return {fmt::format("ctc_loss(log_softmax($0), $1, {{{}}}, {{{}}}, {{.blank = {}, .reduction = sum, .zero_infinity = "
                      "true}})",
                      fmt::join(used, ", "), fmt::join(lengths, ", "), options.blank),
          {{Shape{steps, batch, classes}}, draw_ids(choices, {count}, classes)},
          [=](Xs x) { return ctc_loss(log_softmax(x[0]), x[1], used, lengths, options); }};
}

}  // namespace

std::vector<Statement> along_statements() {
  return {along("cumsum", cumsum),
          along("cumprod", cumprod),
          along("sort", [](const Tensor& x, int axis) { return sort(x, axis).values; }),
          along("prod", [](const Tensor& x, int axis) { return prod(x, axis); }),
          along(
              "norm", [](const Tensor& x, int axis) { return norm(x, 2, axis); }, 0.5, 2),
          {"linear_recurrence", draw_recurrence},
          moment("var", [](const Tensor& x, const Axes& axes, bool kept) { return var(x, axes, 1, kept); }),
          {"unfold", draw_unfold},
          {"ctc_loss", draw_ctc}};
}

}  // namespace grus::test
