#include "tests/random/statement.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

namespace grus::test {
namespace {

/// Numbers that a sample gives are redrawn between the least and the largest of them.
Input redrawn(Input input) {
  if (input.kind != Input::Kind::numbers || input.values.empty()) return input;
  const auto [least, largest] = std::minmax_element(input.values.begin(), input.values.end());
  input.low = *least - (*least == *largest ? 0.5 : 0);
  input.high = *largest + (*least == *largest ? 0.5 : 0);
  input.values.clear();
  return input;
}

/// The numbers of a row without gradients stay: some of its ops jump.
Statement statement_of(const Row& row) {
  std::vector<Sample> ordinary, large;
  for (const Sample& sample : row.samples) {
    if (sample.size == Size::extreme) continue;
    (sample.size == Size::large ? large : ordinary).push_back(sample);
    Sample& last = (sample.size == Size::large ? large : ordinary).back();
    last.what = fmt::format("{} [{}]", row.op, sample.what);
    if (row.gradients > 0) std::transform(last.inputs.begin(), last.inputs.end(), last.inputs.begin(), redrawn);
  }
  return {row.op,
          [=](Choices& choices, const Sizes&) {
            const bool big = !large.empty() && (ordinary.empty() || choices.in(0, 49) == 49);
            return choices.of(big ? large : ordinary);
          },
          row.gradients > 0 ? Statement::Gradient::derivative : Statement::Gradient::none};
}

}  // namespace

const std::vector<Statement>& statements() {
  static const std::vector<Statement> all = [] {
    std::vector<Statement> joined;
    for (const Row& row : rows()) joined.push_back(statement_of(row));
    for (const auto family :
         {elementwise_statements, move_statements, index_statements, reduce_statements, along_statements,
          product_statements, loss_statements, recurrent_statements, attention_statements})
      for (Statement& statement : family()) joined.push_back(std::move(statement));
    return joined;
  }();
  return all;
}

Sizes sizes_like(Choices& choices, const Sizes& like, int least_rank, int most_rank, int64_t most) {
  const int rank = static_cast<int>(like.size());
  if (rank >= least_rank && rank <= most_rank && count(like) <= most) return like;
  Sizes sizes = draw_sizes(choices, std::min(most_rank, 4), least_rank);
  while (static_cast<int>(sizes.size()) < least_rank) sizes.push_back(1);  // draw_sizes drops axes of what is too large
  return sizes;
}

int64_t draw_size(Choices& choices) {
  const int64_t kind = choices.in(0, 19);
  return kind < 18 ? choices.in(1, 5) : kind == 18 ? choices.in(6, 17) : choices.in(18, 67);
}

Input draw_ids(Choices& choices, const Sizes& sizes, int64_t size) {
  std::mt19937_64 engine(static_cast<uint64_t>(choices.in(0, 1 << 20)));
  std::vector<double> drawn(static_cast<size_t>(count(sizes)));
  for (double& id : drawn) id = static_cast<double>(engine() % static_cast<uint64_t>(size));
  return ids(shape_of(sizes), std::move(drawn));
}

Input draw_mask(Choices& choices, const Sizes& sizes) {
  std::mt19937_64 engine(static_cast<uint64_t>(choices.in(0, 1 << 20)));
  std::vector<double> drawn(static_cast<size_t>(count(sizes)));
  for (double& entry : drawn) entry = engine() % 3 == 0 ? 0 : 1;
  return mask(shape_of(sizes), std::move(drawn));
}

std::vector<int64_t> draw_lengths(Choices& choices, int64_t batch, int64_t least) {
  const int64_t longest = choices.in(0, 9) == 9 ? choices.in(6, 13) : choices.in(1, 5);
  std::vector<int64_t> lengths;
  for (int64_t b = 0; b < batch; ++b) lengths.push_back(choices.in(std::min(least, longest), longest));
  return lengths;
}

int64_t total(const std::vector<int64_t>& lengths) {
  return std::accumulate(lengths.begin(), lengths.end(), int64_t{0});
}

std::string text(bool value) { return value ? "true" : "false"; }

}  // namespace grus::test
