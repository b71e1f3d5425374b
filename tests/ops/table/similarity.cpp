// Rows of binary cross-entropies with options, divergences and losses of vectors.
#include <cmath>

#include "ops/loss/similarity.h"
#include "ops/math/elementwise.h"
#include "tests/ops/table/row.h"
#include "tests/support/tensors.h"

namespace grus::test {
namespace {

const double ln2 = std::log(2.0);

Row bce_row() {
  const Function f = [](In in) {
    return binary_cross_entropy(in["probabilities"], in["target"],
                                {.weight = in["weight"], .reduction = Reduction::none});
  };
  const Input p{"probabilities", {2, 3}, 0.1, 0.9}, t{"target", {2, 3}, 0, 1}, w{"weight", {3}, 0.5, 2};
  return {"binary_cross_entropy",
          "-w (t log y + (1 - t) log(1 - y))",
          floats,
          2,
          {{"(2, 3)", {p, t}, f},
           {"a weight", {p, t, w}, f},
           {"smoothed",
            {p, t},
            [](In in) { return binary_cross_entropy(in["probabilities"], in["target"], {.label_smoothing = 0.2}); }},
           {"by hand",
            {given("probabilities", {2}, {0.5, 0.25}), given("target", {2}, {1, 0})},
            f,
            {{{2}, {ln2, std::log(4.0 / 3)}}}}},
          {{[](Device d) {
              binary_cross_entropy(zeros({2}, d), zeros({2, 1}, d));
            },
            "[binary_cross_entropy] need two sides of one shape, got (2) and (2, 1)"},
           {[](Device d) { binary_cross_entropy(zeros({2}, d), zeros({2}, d), {.weight = zeros({3}, d)}); },
            "[binary_cross_entropy] need shapes that broadcast together, got (3) and (2)"},
           {[](Device d) { binary_cross_entropy(zeros({2}, d), zeros({2}, d), {.pos_weight = zeros({2}, d)}); },
            "[binary_cross_entropy] need no pos_weight, got one: bce_with_logits takes it"},
           {[](Device d) { binary_cross_entropy(zeros({2}, d), zeros({2}, d), {.label_smoothing = 2}); },
            "[binary_cross_entropy] need label smoothing in [0, 1], got 2"}}};
}

Row bce_with_logits_row() {
  const Function f = [](In in) {
    return bce_with_logits(in["logits"], in["target"],
                           {.weight = in["weight"], .pos_weight = in["pos_weight"], .label_smoothing = 0.1});
  };
  const Input x{"logits", {2, 3}}, t{"target", {2, 3}, 0, 1}, w{"weight", {3}, 0.5, 2}, p{"pos_weight", {2, 1}, 0.5, 2};
  return {"bce_with_logits (options)",
          "-w (p t log sigmoid(x) + (1 - t) log(1 - sigmoid(x)))",
          floats,
          2,
          {{"no weights", {x, t}, f},
           {"both weights", {x, t, w, p}, f},
           {"by hand",
            {given("logits", {2}, {0, 0}), given("target", {2}, {1, 0}), given("pos_weight", {}, {3})},
            [](In in) {
              return bce_with_logits(in["logits"], in["target"],
                                     {.pos_weight = in["pos_weight"], .reduction = Reduction::none});
            },
            {{{2}, {3 * ln2, ln2}}}}},
          {{[](Device d) {
              bce_with_logits(zeros({2}, d), zeros({2}, d), {.pos_weight = zeros({2, 2}, d)});
            },
            "[bce_with_logits] need a weight that broadcasts to (2), got (2, 2)"}}};
}

Row kl_row() {
  const auto with = [](KlDivOptions options) -> Function {
    return [=](In in) { return kl_div(in["log_q"], in["target"], options); };
  };
  const Input q{"log_q", {2, 3}, -3, -0.1}, p{"target", {2, 3}, 0.1, 0.9};
  return {"kl_div",
          "p (log p - log q)",
          floats,
          2,
          {{"mean", {q, p}, with({})},
           {"of each batch", {q, p}, with({.batch_mean = true})},
           {"logarithms", {q, {"target", {2, 3}, -3, -0.1}}, with({.log_target = true, .reduction = Reduction::sum})},
           {"by hand",
            {given("log_q", {2}, {-ln2, -ln2}), given("target", {2}, {1, 0})},
            with({.reduction = Reduction::none}),
            {{{2}, {ln2, 0}}},
            {},
            Size::extreme}},
          {{[](Device d) {
              kl_div(zeros({0, 2}, d), zeros({0, 2}, d), {.batch_mean = true});
            },
            "[kl_div] need an axis of a batch of at least 1, got (0, 2)"},
           {[](Device d) {
              kl_div(zeros({0, 2}, d), zeros({0, 2}, d));
            },
            "[kl_div] need at least one element to reduce, got losses of shape (0, 2)"}}};
}

std::vector<Row> cosine_rows() {
  const Function plain = [](In in) { return cosine_similarity(in["a"], in["b"]); };
  const auto loss = [](double margin) -> Function {
    return [=](In in) { return cosine_embedding_loss(in["a"], in["b"], in["labels"], margin, Reduction::none); };
  };
  return {
      {"cosine_similarity",
       "a . b / (|a| |b|)",
       floats,
       2,
       {{"(2, 3)", {{"a", {2, 3}}, {"b", {2, 3}}}, plain},
        {"axis 0, broadcast",
         {{"a", {3, 2}}, {"b", {3, 1}}},
         [](In in) { return cosine_similarity(in["a"], in["b"], 0); }},
        {"by hand", {given("a", {2}, {3, 4}), given("b", {2}, {4, 3})}, plain, {{{}, {0.96}}}}},
       {{[](Device d) { cosine_similarity(zeros({2}, d), zeros({2}, d), 1); },
         "[cosine_similarity] need an axis in [-1, 1), got 1"},
        {[](Device d) {
           cosine_similarity(zeros({2, 3}, d), zeros({3}, d), 0);
         },
         "[cosine_similarity] need two sides with that axis, got (2, 3) and (3)"},
        {[](Device d) { cosine_similarity(zeros({2}, d), zeros({2}, d), 0, 0); },
         "[cosine_similarity] need an eps above 0, got 0"}}},
      {"cosine_embedding_loss",
       "1 - cos(a, b) for a label of 1, max(0, cos(a, b) - margin) for -1",
       floats,
       2,
       {{"(3, 4)", {{"a", {3, 4}}, {"b", {3, 4}}, given("labels", {3}, {1, -1, -1})}, loss(0.1)},
        {"by hand",
         {given("a", {2, 2}, {30, 40, 30, 40}), given("b", {2, 2}, {40, 30, 40, 30}), given("labels", {2}, {1, -1})},
         [loss](In in) { return round(loss(0.5).of(in)[0] * 100); },
         {{{2}, {4, 46}}}}},
       {{[](Device d) {
           cosine_embedding_loss(zeros({2, 3}, d), zeros({2, 3}, d), zeros({3}, d));
         },
         "[cosine_embedding_loss] need vectors (..., F) and a label (...) for each, got (2, 3) and labels (3)"},
        {[](Device d) {
           cosine_embedding_loss(zeros({2, 3}, d), zeros({2, 3}, d), zeros({2}, d), 2);
         },
         "[cosine_embedding_loss] need a margin in [-1, 1], got 2"}}}};
}

Row triplet_row() {
  const auto with = [](TripletMarginOptions options) -> Function {
    return [=](In in) { return triplet_margin_loss(in["anchor"], in["positive"], in["negative"], options); };
  };
  const std::vector<Input> drawn{{"anchor", {3, 4}}, {"positive", {3, 4}}, {"negative", {3, 4}}};
  return {"triplet_margin_loss",
          "max(0, |anchor - positive| - |anchor - negative| + margin)",
          floats,
          2,
          {{"mean", drawn, with({.margin = 5})},
           {"p = 1, swapped", drawn, with({.margin = 7, .p = 1, .swap = true, .reduction = Reduction::sum})},
           {"by hand",
            {given("anchor", {1, 2}, {0, 0}), given("positive", {1, 2}, {3, 4}), given("negative", {1, 2}, {0, 2})},
            with({.eps = 0, .reduction = Reduction::none}),
            {{{1}, {4}}}}},
          {{[](Device d) { triplet_margin_loss(zeros({2}, d), zeros({2}, d), zeros({3}, d)); },
            "[triplet_margin_loss] need two sides of one shape, got (2) and (3)"},
           {[](Device d) { triplet_margin_loss(zeros({2}, d), zeros({2}, d), zeros({2}, d), {.margin = 0}); },
            "[triplet_margin_loss] need a margin above 0, got 0"},
           {[](Device d) { triplet_margin_loss(zeros({2}, d), zeros({2}, d), zeros({2}, d), {.p = 3}); },
            "[triplet_margin_loss] need p = 1, 2 or infinity, got 3"}}};
}

}  // namespace

std::vector<Row> similarity_rows() {
  std::vector<Row> all{bce_row(), bce_with_logits_row(), kl_row(), triplet_row()};
  for (Row& row : cosine_rows()) all.push_back(std::move(row));
  return all;
}

}  // namespace grus::test
