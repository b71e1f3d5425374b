// Positions: sinusoidal tables, rotary embeddings, the steps of packed rows.
#include "ops/sequence/positions.h"

#include <cmath>

#include "ops/math/shape.h"
#include "tests/ops/table/row.h"

namespace grus::test {
namespace {

Row sinusoidal_row() {
  const auto table = [](int64_t first) -> Function {
    return [first](const Tensor& x) {
      require(x.rank() == 2, "[sinusoidal_positions] need a shape (T, E), got {}", x.shape());
      return sinusoidal_positions(x.dim(0), x.dim(1), first, 100, x.dtype(), x.device());
    };
  };
  return {"sinusoidal_positions",
          "y[t, 2i] = sin(p / base^(2i / E)), y[t, 2i + 1] = cos",
          floats,
          0,
          {{"by hand", {{{1, 4}}}, table(2), {{{1, 4}, {std::sin(2.0), std::cos(2.0), std::sin(0.2), std::cos(0.2)}}}},
           {"an odd width", {{{2, 3}}}, table(0)},
           {"nothing", {{{0, 3}}}, table(0)}},
          {{[](Device) { sinusoidal_positions(-1, 4); },
            "[sinusoidal_positions] need sizes of at least 0, got -1 steps of 4"},
           {[](Device) { sinusoidal_positions(2, 4, 0, 0); }, "[sinusoidal_positions] need a base above 0, got 0"}}};
}

Function rotary(int64_t heads, Rotary form, int64_t first = 0) {
  return [=](const Tensor& x) { return rotary_embedding(x, heads, form, first); };
}

std::vector<Row> rotary_rows() {
  const double c = std::cos(3.0), s = std::sin(3.0), d = std::cos(0.3), t = std::sin(0.3);
  const auto packed = [](const Tensor& x) {
    return rotary_embedding_packed(x, Lengths({1, 3, 0}, -1, x.device()), 2, {.pairs = RotaryPairs::interleaved});
  };
  return {{"rotary_embedding",
           "pairs (a, b) of each head to (a cos - b sin, a sin + b cos)",
           floats,
           2,
           {{"halves", {{{3, 2, 8}}}, rotary(2, {})},
            {"interleaved", {{{3, 2, 8}}}, rotary(2, {.pairs = RotaryPairs::interleaved}, 5)},
            {"one sequence", {{{3, 2}}}, rotary(1, {})},
            {"no steps", {{{0, 2, 4}}}, rotary(2, {})},
            {"by hand, halves",
             {given({1, 4}, {1, 2, 3, 4})},
             rotary(1, {.base = 100}, 3),
             {{{1, 4}, {c - 3 * s, 2 * d - 4 * t, s + 3 * c, 2 * t + 4 * d}}}},
            {"by hand, interleaved",
             {given({1, 4}, {1, 2, 3, 4})},
             rotary(1, {.pairs = RotaryPairs::interleaved, .base = 100}, 3),
             {{{1, 4}, {c - 2 * s, s + 2 * c, 3 * d - 4 * t, 3 * t + 4 * d}}}}},
           {{[](Device device) {
               rotary_embedding(Tensor::zeros({2, 1, 6}, DType::f64, device), 2);
             },
             "[rotary_embedding] need rows of 2 heads of an even size, got (2, 1, 6)"}}},
          {"rotary_embedding_packed",
           "rotary_embedding of packed rows",
           floats,
           2,
           {{"lengths 1, 3, 0",
             {{{4, 4}}},
             Function(packed),
             {},
             [](const Tensor& x) {
               const Tensor first = rotary_embedding(x.rows(0, 2).reshape({1, 2, 4}), 2, {RotaryPairs::interleaved});
               const Tensor rest = rotary_embedding(x.rows(2), 2, {RotaryPairs::interleaved}, 1);
               return concat({first.reshape({2, 4}), rest});
             }}},
           {{[](Device device) {
               rotary_embedding_packed(Tensor::zeros({3, 2}, DType::f64, device), Lengths({1}, -1, device), 1);
             },
             "[rotary_embedding_packed] need x (1, H D), got (3, 2)"}}},
          {"packed_positions",
           "the step of each packed row",
           floats,
           0,
           {{"lengths 1, 3, 0",
             {{{1}}},
             [](const Tensor& x) {
               require_float("packed_positions", x);
               return packed_positions(Lengths({1, 3, 0}, -1, x.device()));
             },
             {{{4}, {0, 0, 1, 2}}}}},
           {}}};
}

}  // namespace

std::vector<Row> position_rows() {
  std::vector<Row> all{sinusoidal_row()};
  for (Row& row : rotary_rows()) all.push_back(std::move(row));
  return all;
}

}  // namespace grus::test
