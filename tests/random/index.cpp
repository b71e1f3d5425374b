// Ops that pick elements by ids, repeated ones among them.
#include "ops/math/index.h"

#include <fmt/format.h>

#include "tests/random/statement.h"

namespace grus::test {
namespace {

/// Returns sizes of a table with at least one row.
Sizes table_sizes(Choices& choices, const Sizes& like, int least_rank = 1) {
  Sizes sizes = sizes_like(choices, like, least_rank, 5);
  if (sizes[0] == 0) sizes[0] = 1;
  return sizes;
}

Sample draw_gather_rows(Choices& choices, const Sizes& like) {
  const Sizes table = table_sizes(choices, like);
  const Input at = draw_ids(choices, draw_sizes(choices, table.size() < 4 ? 2 : 1), table[0]);
  return {"gather_rows($0, $1)", {{shape_of(table)}, at}, [](Xs x) { return gather_rows(x[0], x[1]); }};
}

Sample draw_embedding(Choices& choices, const Sizes& like) {
  const Sizes table = table_sizes(choices, like);
  const Input at = draw_ids(choices, draw_sizes(choices, table.size() < 4 ? 2 : 1), table[0]);
  const int64_t padding = choices.in(0, table[0] - 1);
  return {fmt::format("embedding($0, $1, {})", padding), {{shape_of(table)}, at}, [=](Xs x) {
            return embedding(x[0], x[1], padding);
          }};
}

Sample draw_index_select(Choices& choices, const Sizes& like) {
  Sizes sizes = sizes_like(choices, like, 1, 6);
  const int axis = draw_axis(choices, sizes);
  int64_t& size = sizes[static_cast<size_t>(axis)];
  if (size == 0) size = 1;
  return {fmt::format("index_select($0, {}, $1)", axis),
          {{shape_of(sizes)}, draw_ids(choices, {choices.in(0, 5)}, size)},
          [axis](Xs x) { return index_select(x[0], axis, x[1]); }};
}

/// Holds x, and ids of its rank that have any size along the axis and sizes of at most x's elsewhere.
struct Along {
  Sizes sizes;
  int axis;
  Input ids;
};
Along draw_along(Choices& choices, const Sizes& like) {
  Sizes sizes = sizes_like(choices, like, 1, 6);
  const int axis = draw_axis(choices, sizes);
  int64_t& size = sizes[static_cast<size_t>(axis)];
  if (size == 0) size = 1;
  Sizes at = sizes;
  for (int64_t& s : at)
    if (choices.in(0, 3) == 3) s = choices.in(0, s);
  at[static_cast<size_t>(axis)] = choices.in(0, 4);
  return {sizes, axis, draw_ids(choices, at, size)};
}

Sample draw_gather(Choices& choices, const Sizes& like) {
  const auto [sizes, axis, at] = draw_along(choices, like);
  return {fmt::format("gather($0, {}, $1)", axis), {{shape_of(sizes)}, at}, [axis = axis](Xs x) {
            return gather(x[0], axis, x[1]);
          }};
}

Sample draw_scatter_add(Choices& choices, const Sizes& like) {
  const auto [sizes, axis, at] = draw_along(choices, like);
  return {fmt::format("scatter_add($0, {}, $1, $2)", axis), {{shape_of(sizes)}, at, {at.shape}}, [axis = axis](Xs x) {
            return scatter_add(x[0], axis, x[1], x[2]);
          }};
}

Sample draw_scatter_rows(Choices& choices, const Sizes& like) {
  const Sizes sizes = sizes_like(choices, like, 1, 5);
  const int64_t rows = choices.in(1, 5);
  return {fmt::format("scatter_rows($0, $1, {})", rows),
          {{shape_of(sizes)}, draw_ids(choices, {sizes[0]}, rows)},
          [rows](Xs x) { return scatter_rows(x[0], x[1], rows); }};
}

Sample draw_masked_fill(Choices& choices, const Sizes& like) {
  const Sizes sizes = sizes_like(choices, like, 0, 6);
  return {"masked_fill($0, $1, -0.5)",
          {{shape_of(sizes)}, draw_mask(choices, draw_narrower(choices, sizes))},
          [](Xs x) { return masked_fill(x[0], x[1], -0.5); }};
}

Sample draw_top_k(Choices& choices, const Sizes& like) {
  Sizes sizes = sizes_like(choices, like, 1, 5);
  if (sizes.back() == 0) sizes.back() = 1;
  const int64_t k = choices.in(1, sizes.back());
  return {fmt::format("top_k($0, {})", k), {{shape_of(sizes)}}, [k](Xs x) -> Tensors {
            const TopK best = top_k(x[0], k);
            return {best.values, best.ids};
          }};
}

}  // namespace

std::vector<Statement> index_statements() {
  return {{"gather_rows", draw_gather_rows},   {"embedding", draw_embedding, Statement::Gradient::by_definition},
          {"index_select", draw_index_select}, {"gather", draw_gather},
          {"scatter_add", draw_scatter_add},   {"scatter_rows", draw_scatter_rows},
          {"masked_fill", draw_masked_fill},   {"top_k", draw_top_k}};
}

}  // namespace grus::test
