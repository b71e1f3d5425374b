// Scaled dot-product attention: plain, by heads side by side, packed; masks of both kinds, causal, lengths, dropout.
#include "ops/sequence/dot_attention.h"

#include <cmath>
#include <limits>

#include "tests/ops/table/row.h"

namespace grus::test {
namespace {

/// The options of a call but for its tensors. Every call draws from a generator of its own.
struct Options {
  bool causal = false;
  int64_t past = 0;
  std::optional<double> scale = {};
  double dropout = 0;
  std::vector<int64_t> lengths = {};
};

DotAttentionOptions options_of(const Options& o, In in, Rng& rng) {
  DotAttentionOptions options{
      .mask = in["mask"], .causal = o.causal, .past = o.past, .scale = o.scale, .dropout = o.dropout, .rng = &rng};
  if (!o.lengths.empty()) options.lengths = Lengths(o.lengths, -1, in["q"].device());
  return options;
}

Function plain(const Options& o, bool fused) {
  return [=](In in) -> Tensors {
    Rng rng(7);
    const DotAttentionOptions options = options_of(o, in, rng);
    if (fused) return {scaled_dot_product_attention(in["q"], in["k"], in["v"], options)};
    return {scaled_dot_product_attention_composed(in["q"], in["k"], in["v"], options).y};
  };
}

Sample plain_sample(std::string what, std::vector<Input> inputs, const Options& o = {}, Size size = Size::ordinary) {
  return {std::move(what), std::move(inputs), plain(o, true), {}, plain(o, false), size};
}

std::vector<Input> operands(Shape lead, int64_t t, int64_t s, int64_t d, int64_t e) {
  const auto with = [&](int64_t rows, int64_t columns) {
    Shape shape = lead;
    shape.push_back(rows);
    shape.push_back(columns);
    return shape;
  };
  return {{"q", with(t, d)}, {"k", with(s, d)}, {"v", with(s, e)}};
}

std::vector<Input> and_mask(std::vector<Input> inputs, Input mask) {
  inputs.push_back(std::move(mask));
  return inputs;
}

std::vector<Sample> plain_samples() {
  const Input sees = mask("mask", {2, 3}, {1, 0, 1, 0, 0, 0});  // the second query sees nothing
  std::vector<double> checks;
  for (int64_t i = 0; i < 2 * 3 * 4; ++i) checks.push_back(i % 3 != 0);
  const double e = std::exp(1.0), nothing = -std::numeric_limits<double>::infinity();
  return {
      plain_sample("one head", operands({}, 2, 3, 2, 3)),
      plain_sample("sequences and heads", operands({2, 2}, 2, 3, 2, 1)),
      plain_sample("three leading axes", operands({1, 2, 2}, 2, 3, 1, 2)),
      plain_sample("causal", operands({2}, 3, 3, 2, 2), {.causal = true}),
      plain_sample("causal, fewer keys than queries", operands({2}, 3, 2, 2, 2), {.causal = true}),
      plain_sample("causal behind two keys, scaled", operands({1, 2}, 2, 4, 2, 2),
                   {.causal = true, .past = 2, .scale = 0.3}),
      plain_sample("a query sees nothing", and_mask(operands({}, 2, 3, 2, 2), sees)),
      plain_sample("a mask of each sequence", and_mask(operands({2}, 3, 4, 2, 2), mask("mask", {2, 3, 4}, checks))),
      plain_sample("a mask of each head", and_mask(operands({1, 2}, 3, 4, 2, 2), mask("mask", {2, 3, 4}, checks))),
      plain_sample("a mask of keys, three leading axes",
                   and_mask(operands({1, 2, 2}, 2, 4, 1, 2), mask("mask", {2, 1, 1, 4}, {1, 0, 1, 1, 0, 1, 1, 0}))),
      plain_sample("numbers as a mask", and_mask(operands({2}, 2, 3, 2, 2), {"mask", {2, 3}})),
      plain_sample("lengths, one of 0", operands({3, 2}, 2, 3, 2, 2), {.lengths = {3, 0, 2}}),
      plain_sample("dropout", operands({2, 2}, 3, 5, 2, 2), {.dropout = 0.4}),
      plain_sample("no keys", operands({2}, 2, 0, 2, 3)),
      plain_sample("no queries", operands({2}, 0, 2, 2, 3)),
      plain_sample("no sequences", operands({0, 2}, 2, 2, 2, 3)),
      plain_sample("size 1", operands({}, 1, 1, 1, 1)),
      plain_sample("large", operands({2, 3}, 131, 300, 17, 19), {}, Size::large),
      plain_sample("large, causal, lengths, dropout", operands({3, 2}, 130, 270, 16, 16),
                   {.causal = true, .past = 100, .dropout = 0.3, .lengths = {270, 1, 140}}, Size::large),
      {"by hand",
       {given("q", {1, 1}, {1}), given("k", {2, 1}, {0, 1}), given("v", {2, 1}, {2, 4})},
       plain({}, true),
       {{{1, 1}, {(2 + 4 * e) / (1 + e)}}}},
      {"by hand, nothing but -inf",
       {given("q", {1, 1}, {1}), given("k", {2, 1}, {0, 1}), given("v", {2, 1}, {2, 4}),
        given("mask", {2}, {nothing, nothing})},
       plain({}, true),
       {{{1, 1}, {0}}},
       {},
       Size::extreme},
      {"q, k and v are one",
       {{"x", {2, 3, 2}}},
       [](const Tensor& x) { return scaled_dot_product_attention(x, x, x, {.causal = true}); },
       {},
       [](const Tensor& x) { return scaled_dot_product_attention_composed(x, x, x, {.causal = true}).y; }},
  };
}

/// Heads side by side; with lengths of queries, packed rows.
Function by_heads(const Options& o, std::vector<int64_t> queries, bool fused) {
  return [=](In in) -> Tensors {
    Rng rng(7);
    const DotAttentionOptions options = options_of(o, in, rng);
    const Lengths lengths(queries, -1, in["q"].device());
    const Lengths* packed = queries.empty() ? nullptr : &lengths;
    if (fused) return {multihead_attention(in["q"], in["k"], in["v"], 2, options, packed)};
    return {multihead_attention_composed(in["q"], in["k"], in["v"], 2, options, packed).y};
  };
}

Sample heads_sample(std::string what, std::vector<Input> inputs, const Options& o = {},
                    std::vector<int64_t> queries = {}, Size size = Size::ordinary) {
  return {std::move(what), std::move(inputs), by_heads(o, queries, true), {}, by_heads(o, queries, false), size};
}

Row multihead_row() {
  const auto packed = [](int64_t n, int64_t m, int64_t d, int64_t e) -> std::vector<Input> {
    return {{"q", {n, d}}, {"k", {m, d}}, {"v", {m, e}}};
  };
  const auto padded = [](int64_t t, int64_t s, int64_t b, int64_t d, int64_t e) -> std::vector<Input> {
    return {{"q", {t, b, d}}, {"k", {s, b, d}}, {"v", {s, b, e}}};
  };
  int64_t total = 0;
  for (const int64_t length : many_sequences(70)) total += length;
  return {
      "multihead_attention",
      "scaled_dot_product_attention of H heads side by side in (T, B, H D), or in packed rows",
      floats,
      2,
      {heads_sample("padded", padded(2, 3, 2, 4, 2)),
       heads_sample("padded, causal", padded(3, 3, 2, 2, 4), {.causal = true}),
       heads_sample("padded, lengths, dropout", padded(2, 3, 2, 4, 2), {.dropout = 0.3, .lengths = {1, 3}}),
       heads_sample("padded, a mask of each sequence and head",
                    and_mask(padded(1, 3, 2, 2, 2), mask("mask", {2, 2, 1, 3}, {1, 0, 1, 0, 0, 0, 1, 1, 1, 0, 1, 0}))),
       heads_sample("packed", packed(6, 6, 2, 4), {}, {2, 1, 3}),
       heads_sample("packed, causal, a sequence of length 0", packed(5, 5, 2, 2), {.causal = true}, {2, 0, 3}),
       heads_sample("packed, other keys, dropout", packed(4, 6, 2, 2), {.dropout = 0.3, .lengths = {3, 1, 2}},
                    {1, 2, 1}),
       heads_sample("packed, a mask", and_mask(packed(3, 3, 2, 2), mask("mask", {2, 1, 1, 2}, {1, 1, 0, 1})), {},
                    {1, 2}),
       heads_sample("large, packed", packed(total, total, 34, 34), {.causal = true}, many_sequences(70), Size::large),
       heads_sample("large, padded", padded(70, 65, 3, 34, 34), {.lengths = {65, 3, 64}}, {}, Size::large)},
      {{[](Device d) {
          const Tensor x = Tensor::zeros({2, 1, 3}, DType::f64, d);
          multihead_attention(x, x, x, 2);
        },
        "[multihead_attention] need rows that 2 heads divide, got (2, 1, 3) and (2, 1, 3)"},
       {[](Device d) {
          const Tensor x = Tensor::zeros({2, 4}, DType::f64, d);
          const Lengths lengths({1, 2}, -1, d);
          multihead_attention(x, x, x, 2, {}, &lengths);
        },
        "[multihead_attention] need 3 packed rows of queries and 3 of keys, got (2, 4) and (2, 4)"}},
      1e-4};
}

}  // namespace

std::vector<Row> dot_attention_rows() {
  const auto zeros = [](Shape shape, Device d) { return Tensor::zeros(shape, DType::f64, d); };
  return {
      {"scaled_dot_product_attention",
       "e = scale q k^T + mask, p = softmax e, y = p v",
       floats,
       2,
       plain_samples(),
       {{[=](Device d) {
           scaled_dot_product_attention(zeros({2, 3}, d), zeros({4, 2}, d), zeros({4, 2}, d));
         },
         "[scaled_dot_product_attention] need q (..., T, D), k (..., S, D) and v (..., S, E), got (2, 3), (4, 2) and "
         "(4, 2)"},
        {[=](Device d) {
           scaled_dot_product_attention(zeros({2, 3}, d), zeros({4, 3}, d), zeros({4, 2}, d),
                                        {.mask = zeros({4, 2}, d)});
         },
         "[scaled_dot_product_attention] need a mask that broadcasts to (2, 4), got (4, 2)"},
        {[=](Device d) {
           scaled_dot_product_attention(zeros({2, 3}, d), zeros({4, 3}, d), zeros({4, 2}, d), {.dropout = 1});
         },
         "[scaled_dot_product_attention] need a dropout in [0, 1), got 1"},
        {[=](Device d) {
           scaled_dot_product_attention(zeros({2, 3, 1}, d), zeros({2, 4, 1}, d), zeros({2, 4, 2}, d),
                                        {.lengths = Lengths({4, 5}, -1, d)});
         },
         "[scaled_dot_product_attention] need lengths of 2 sequences of at most 4 keys, got 2 of up to 5"}},
       1e-4},
      multihead_row()};
}

}  // namespace grus::test
