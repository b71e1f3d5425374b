// Products, dropout, and ops around other ops.
#include <fmt/format.h>

#include "core/tensor/lengths.h"
#include "ops/base/checkpoint.h"
#include "ops/base/hook.h"
#include "ops/math/dropout.h"
#include "ops/math/elementwise.h"
#include "ops/math/matmul.h"
#include "ops/sequence/sequence.h"
#include "tests/random/statement.h"

namespace grus::test {
namespace {

/// Exchanges rows and columns where the operand is transposed.
Sizes operand(Sizes batch, int64_t rows, int64_t cols, bool transposed) {
  batch.push_back(transposed ? cols : rows);
  batch.push_back(transposed ? rows : cols);
  return batch;
}

Sample draw_matmul(Choices& choices, const Sizes& like) {
  const bool turn_a = choices.maybe(), turn_b = choices.maybe();
  const Sizes a = sizes_like(choices, like, 2, 5);
  const Sizes batch(a.begin(), a.end() - 2), batch_b = draw_narrower(choices, batch);
  const int64_t inner = a[a.size() - (turn_a ? 2 : 1)];
  const Sizes b = operand(batch_b, inner, choices.in(0, 30) == 30 ? 0 : draw_size(choices), turn_b);
  const MatmulOptions options{.transpose_a = turn_a, .transpose_b = turn_b};
  return {fmt::format("matmul($0, $1, {{.transpose_a = {}, .transpose_b = {}}})", turn_a, turn_b),
          {{shape_of(a)}, {shape_of(b)}},
          [=](Xs x) { return matmul(x[0], x[1], options); }};
}

Sample draw_vector_product(Choices& choices, const Sizes& like) {
  const Sizes a = sizes_like(choices, like, 1, 5);
  const Shape vector{a.back()};
  if (choices.maybe() && a.size() > 1)
    return {"matmul($1, $0)", {{shape_of(a)}, {Shape{a[a.size() - 2]}}}, [](Xs x) { return matmul(x[1], x[0]); }};
  return {"matmul($0, $1)", {{shape_of(a)}, {vector}}, [](Xs x) { return matmul(x[0], x[1]); }};
}

Sample draw_linear(Choices& choices, const Sizes& like) {
  const Sizes sizes = sizes_like(choices, like, 1, 5);
  const int64_t out = draw_size(choices);
  const Input x(shape_of(sizes)), weight(Shape{out, sizes.back()}, -1, 1), bias(Shape{out});
  if (choices.maybe()) return {"linear($0, $1)", {x, weight}, [](Xs y) { return linear(y[0], y[1]); }};
  return {"linear($0, $1, $2)", {x, weight, bias}, [](Xs y) { return linear(y[0], y[1], y[2]); }};
}

Sample draw_dropout(Choices& choices, const Sizes& like) {
  const bool by_rows = choices.maybe();
  const Sizes sizes = sizes_like(choices, like, by_rows ? 2 : 1, by_rows ? 2 : 5);
  const auto seed = static_cast<uint64_t>(choices.in(0, 1000));
  const double p = static_cast<double>(choices.in(0, 9)) / 10;
  if (!by_rows)
    return {fmt::format("dropout($0, {}, Rng({}))", p, seed), {{shape_of(sizes)}}, [=](Xs x) {
              Rng rng(seed);
              return dropout(x[0], p, rng);
            }};
  return {fmt::format("dropout($0, {}, Rng({}), $1)", p, seed),
          {{shape_of(sizes)}, draw_ids(choices, {sizes[0]}, 5)},
          [=](Xs x) {
            Rng rng(seed);
            return dropout(x[0], p, rng, x[1]);
          }};
}

Sample draw_locked_dropout(Choices& choices, const Sizes& like) {
  const Sizes sizes = sizes_like(choices, like, 3, 3);
  const auto seed = static_cast<uint64_t>(choices.in(0, 1000));
  return {fmt::format("locked_dropout($0, 0.3, Rng({}))", seed), {{shape_of(sizes)}}, [=](Xs x) {
            Rng rng(seed);
            return locked_dropout(x[0], 0.3, rng);
          }};
}

/// Draws random numbers inside the checkpoint, which backward draws again.
Sample draw_checkpoint(Choices& choices, const Sizes& like) {
  const Sizes sizes = sizes_like(choices, like, 1, 5);
  const int64_t out = draw_size(choices);
  const auto seed = static_cast<uint64_t>(choices.in(0, 1000));
  return {fmt::format("checkpoint([&](Xs x) {{ return dropout(tanh(linear(x[0], x[1])), 0.3, rng); }}, {{$0, $1}}, "
                      "&rng)  /* Rng({}) */",
                      seed),
          {{shape_of(sizes)}, {Shape{out, sizes.back()}, -1, 1}},
          [=](Xs x) {
            auto rng = std::make_shared<Rng>(seed);
            const TensorFunction inner = [rng](Xs y) { return dropout(tanh(linear(y[0], y[1])), 0.3, *rng); };
            return checkpoint(inner, {x[0], x[1]}, rng.get());
          }};
}

Sample draw_hook(Choices& choices, const Sizes& like) {
  return {"on_gradient($0, [](const Tensor& dy) { return 0.5 * dy + 0.5 * dy; })",
          {{shape_of(sizes_like(choices, like, 0, 6))}},
          [](Xs x) { return on_gradient(x[0], [](const Tensor& dy) { return 0.5 * dy + 0.5 * dy; }); }};
}

Sample draw_pack(Choices& choices, const Sizes& like) {
  Sizes sizes = sizes_like(choices, like, 2, 5);
  const std::vector<int64_t> lengths = draw_lengths(choices, sizes[1], 0);
  for (const int64_t length : lengths) sizes[0] = std::max(sizes[0], length);
  const int64_t steps = sizes[0];
  return {fmt::format("pack($0, Lengths({{{}}}, {}))", fmt::join(lengths, ", "), steps),
          {{shape_of(sizes)}},
          [=](Xs x) { return pack(x[0], Lengths(lengths, steps, x[0].device())); }};
}

Sample draw_unpack(Choices& choices, const Sizes& like) {
  Sizes sizes = sizes_like(choices, like, 1, 5);
  const std::vector<int64_t> lengths = draw_lengths(choices, choices.in(0, 5), 0);
  sizes[0] = total(lengths);
  return {fmt::format("unpack($0, Lengths({{{}}}))", fmt::join(lengths, ", ")), {{shape_of(sizes)}}, [=](Xs x) {
            return unpack(x[0], Lengths(lengths, -1, x[0].device()));
          }};
}

}  // namespace

std::vector<Statement> product_statements() {
  return {{"matmul", draw_matmul},
          {"matmul", draw_vector_product},
          {"linear", draw_linear},
          {"dropout", draw_dropout},
          {"locked_dropout", draw_locked_dropout},
          {"checkpoint", draw_checkpoint},
          {"on_gradient", draw_hook},
          {"pack", draw_pack},
          {"unpack", draw_unpack}};
}

}  // namespace grus::test
