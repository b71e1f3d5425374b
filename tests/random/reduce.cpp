// Reductions, and ops that are made of them.
#include "ops/math/reduce.h"

#include <fmt/format.h>

#include "ops/math/elementwise.h"
#include "ops/math/index.h"
#include "ops/math/norm.h"
#include "ops/math/softmax.h"
#include "tests/random/statement.h"

namespace grus::test {
namespace {

using Reduce = Tensor (*)(const Tensor&, const Axes&, bool);

Statement reduction(const char* name, Reduce op, bool of_nothing) {
  return {name, [=](Choices& choices, const Sizes& like) -> Sample {
            Sizes sizes = sizes_like(choices, like, 0, 6);
            if (!of_nothing)
              for (int64_t& size : sizes) size = std::max<int64_t>(size, 1);
            std::vector<int> axes;
            for (int axis = 0; axis < static_cast<int>(sizes.size()); ++axis)
              if (choices.maybe()) axes.push_back(axis);
            const bool kept = choices.maybe();
            return {fmt::format("{}($0, {{{}}}, {})", name, fmt::join(axes, ", "), text(kept)),
                    {{shape_of(sizes)}},
                    [=](Xs x) { return op(x[0], std::span<const int>(axes), kept); }};
          }};
}

Sample draw_sum_to(Choices& choices, const Sizes& like) {
  const Sizes sizes = sizes_like(choices, like, 0, 6);
  const Shape to = shape_of(draw_narrower(choices, sizes));
  return {fmt::format("sum_to($0, {})", to), {{shape_of(sizes)}}, [to](Xs x) { return sum_to(x[0], to); }};
}

using Softmax = Tensor (*)(const Tensor&, int, const Tensor&);

/// Replaces -inf, which stands where a mask is false and has no distance that could be compared.
Tensor finite(const Tensor& y) { return masked_fill(y, y < -1e30, 0); }

Statement soft(const char* name, Softmax op) {
  return {name, [=](Choices& choices, const Sizes& like) -> Sample {
            const Sizes sizes = sizes_like(choices, like, 1, 6);
            const int axis = draw_axis(choices, sizes);
            if (choices.maybe())
              return {fmt::format("{}($0, {})", name, axis), {{shape_of(sizes), -3, 3}}, [=](Xs x) {
                        return op(x[0], axis, {});
                      }};
            return {fmt::format("finite({}($0, {}, $1))", name, axis),
                    {{shape_of(sizes), -3, 3}, draw_mask(choices, draw_narrower(choices, sizes))},
                    [=](Xs x) { return finite(op(x[0], axis, x[1])); }};
          }};
}

Sample draw_layer_norm(Choices& choices, const Sizes& like) {
  Sizes sizes = sizes_like(choices, like, 1, 6);
  if (sizes.back() == 0) sizes.back() = 1;
  const Shape last{sizes.back()};
  const int64_t kind = choices.in(0, 2);
  if (kind == 0)
    return {"layer_norm($0, {}, {}, 0.1)", {{shape_of(sizes)}}, [](Xs x) { return layer_norm(x[0], {}, {}, 0.1); }};
  if (kind == 1)
    return {"layer_norm($0, $1, {}, 0.1)", {{shape_of(sizes)}, {last}}, [](Xs x) {
              return layer_norm(x[0], x[1], {}, 0.1);
            }};
  return {"layer_norm($0, $1, $2, 0.1)", {{shape_of(sizes)}, {last}, {last}}, [](Xs x) {
            return layer_norm(x[0], x[1], x[2], 0.1);
          }};
}

}  // namespace

std::vector<Statement> reduce_statements() {
  return {reduction("sum", sum, true),
          reduction("mean", mean, false),
          reduction("amax", amax, false),
          reduction("amin", amin, false),
          reduction("logsumexp", logsumexp, false),
          reduction("argmax", argmax, false),
          reduction("argmin", argmin, false),
          {"sum_to", draw_sum_to},
          soft("softmax", softmax),
          soft("log_softmax", log_softmax),
          {"layer_norm", draw_layer_norm}};
}

}  // namespace grus::test
