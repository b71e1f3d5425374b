#include "ops/math/dropout.h"

#include "ops/math/elementwise.h"
#include "tests/ops/table/row.h"
#include "tests/support/tensors.h"

namespace grus::test {
namespace {

/// Returns f(x, rng) with the same draw every time.
template <class F>
Function drawn(F f) {
  return [f](const Tensor& x) {
    Rng rng(9);
    return f(x, rng);
  };
}

/// The definition: x times the mask that the same generator draws.
Function by_mask(double p) {
  return drawn(
      [p](const Tensor& x, Rng& rng) { return x * random_keep_mask(x.shape(), p, rng, x.dtype(), x.device()); });
}

}  // namespace

std::vector<Row> dropout_rows() {
  const Function f = drawn([](const Tensor& x, Rng& rng) { return dropout(x, 0.4, rng); });
  const Function locked = drawn([](const Tensor& x, Rng& rng) { return locked_dropout(x, 0.4, rng); });
  const Function none = drawn([](const Tensor& x, Rng& rng) { return dropout(x, 0, rng); });
  const auto zeros = [](Device d) { return Tensor::zeros({2, 3}, DType::f64, d); };
  return {{"dropout",
           "y = x * mask, mask 0 with probability p, else 1 / (1 - p)",
           floats,
           2,
           {{"(3, 4)", {{{3, 4}}}, f, {}, by_mask(0.4)},
            {"nothing", {{{0, 4}}}, f},
            {"p = 0", {given({2}, {1, 2})}, none, {{{2}, {1, 2}}}},
            {"large", {{{257, 301}}}, f, {}, by_mask(0.4), Size::large}},
           {{[zeros](Device d) { dropout(zeros(d), 1); }, "[dropout] need a probability in [0, 1), got 1"}}},

          {"locked_dropout",
           "y = x * mask, one mask (1, B, F) for all steps",
           floats,
           2,
           {{"(3, 2, 4)", {{{3, 2, 4}}}, locked, {}, drawn([](const Tensor& x, Rng& rng) {
               return x * random_keep_mask({1, x.dim(1), x.dim(2)}, 0.4, rng, x.dtype(), x.device());
             })}},
           {{[zeros](Device d) { locked_dropout(zeros(d), -0.5); },
             "[locked_dropout] need a probability in [0, 1), got -0.5"},
            {[zeros](Device d) { locked_dropout(zeros(d), 0.5); }, "[locked_dropout] need x (T, B, F), got (2, 3)"}}}};
}

}  // namespace grus::test
