// Additive attention, alone and inside the decoder's recurrence.
#include "ops/attention.h"

#include <set>

#include "ops/attention_gru.h"
#include "ops/elementwise.h"
#include "tests/ops/table/row.h"
#include "tests/support/tensors.h"

namespace grus::test {
namespace {

using Attention = AttentionOutput (*)(const Tensor&, const AttentionMemory&, const AttentionRows&, const Tensor&);

AttentionOutput fused(const Tensor& query, const AttentionMemory& memory, const AttentionRows& rows, const Tensor& v) {
  return additive_attention(query, memory, rows, v);
}

/// The arguments are query, keys, values, v; query i sees the row sources[i].
Function attend(Attention op, std::vector<int64_t> lengths, std::vector<int64_t> sources) {
  return [=](Xs x) -> Tensors {
    const Lengths source(lengths, -1, x[0].device());
    const AttentionOutput out = op(x[0], {x[1], x[2], source}, attention_rows(source, sources), x[3]);
    return {out.context, out.weights};
  };
}

Sample attention_sample(std::string what, std::vector<int64_t> lengths, std::vector<int64_t> sources, int64_t attention,
                        int64_t context, Size size = Size::ordinary) {
  const bool shared = std::set(sources.begin(), sources.end()).size() < sources.size();
  int64_t total = 0;
  for (const int64_t length : lengths) total += length;
  const auto rows = static_cast<int64_t>(sources.size());
  return {std::move(what),
          {{{rows, attention}}, {{total, attention}}, {{total, context}}, {{attention}}},
          attend(fused, lengths, sources),
          {},
          attend(additive_attention_composed, lengths, sources),
          size,
          shared};
}

Row attention_row() {
  const double e = 2.14168768474935;  // exp(tanh(1))
  std::vector<int64_t> many;
  for (int64_t i = 0; i < 24; ++i) many.push_back(i);
  std::vector<int64_t> halves;  // each of 30 sources twice, far apart
  for (int64_t i = 0; i < 60; ++i) halves.push_back(i % 30 * 7 % 60);
  return {
      "additive_attention",
      "e[s] = v tanh(query + keys[s]), a = softmax e, context = sum_s a[s] values[s]",
      floats,
      2,
      {attention_sample("lengths 1 to 4, in another order", {4, 2, 1}, {2, 0, 1}, 3, 2),
       attention_sample("a source of length 0", {2, 0, 3}, {0, 1, 2}, 3, 2),
       attention_sample("sources of length 0 alone", {0, 0}, {1, 0}, 3, 2),
       attention_sample("no query", {2, 1}, {}, 3, 2),
       attention_sample("size 1", {1}, {0}, 1, 1),
       attention_sample("two rows look at one source", {3, 2}, {0, 0, 1}, 3, 2),
       attention_sample("every row looks at one source", {3, 1, 5}, {0, 0, 0}, 3, 2),
       attention_sample("some rows look at one source, some sources at none", {1, 4, 3, 2}, {2, 1, 2}, 3, 2),
       attention_sample("more rows than sources", {2, 0, 3}, {2, 0, 1, 0, 2, 2, 0}, 3, 2),
       attention_sample("large", std::vector<int64_t>(24, 17), many, 67, 131, Size::large),
       attention_sample("large, one source", many_sequences(19), std::vector<int64_t>(60, 18), 67, 131, Size::large),
       attention_sample("large, partly shared", many_sequences(17), halves, 67, 131, Size::large),
       {"by hand",
        {given({1, 1}, {0}), given({2, 1}, {0, 1}), given({2, 1}, {2, 4}), given({1}, {1})},
        attend(fused, {2}, {0}),
        {{{1, 1}, {(2 + 4 * e) / (1 + e)}}, {{1, 2}, {1 / (1 + e), e / (1 + e)}}}},
       {"keys that are the values",
        {{{2, 3}}, {{3, 3}}, {{3}}},
        [](Xs x) {
          return attend(fused, {2, 1}, {0, 1}).many(Tensors{x[0], x[1], x[1], x[2]});
        }},
       {"padded keys",
        {{{2, 3}}, {{4, 2, 3}}, {{4, 2, 2}}, {{3}}},
        [](Xs x) -> Tensors {
          const Lengths lengths({4, 2}, 4, x[0].device());
          const AttentionOutput out = additive_attention(x[0], x[1], x[2], x[3], &lengths);
          return {out.context, out.weights};
        }}},
      {{[](Device d) {
          const auto x = [&](Shape shape) { return Tensor::zeros(shape, DType::f64, d); };
          const Lengths source({2}, -1, d);
          fused(x({1, 3}), {x({2, 4}), x({2, 2}), source}, attention_rows(source, {0}), x({3}));
        },
        "[additive_attention] need query (rows = 1, A), keys (N = 2, A), values (N, C) and v (A), got (1, 3), (2, "
        "4), (2, "
        "2) and "
        "(3)"}},
      1e-4};
}

using Decoder = Output (*)(const Tensor&, const Lengths&, const Tensor&, const AttentionMemory&,
                           const AttentionGruWeights&);

struct DecoderCase {
  GruForm form;
  bool conditional = false, biases = true;
  std::vector<int64_t> targets = {2, 1, 3}, sources = {1, 3, 2};
};

struct DecoderSizes {
  int64_t input = 2, hidden = 3, attention = 2, context = 3;
};

Sample decoder_sample(std::string what, const DecoderCase& c, DecoderSizes n = {}, Size size = Size::ordinary) {
  int64_t rows = 0, memory = 0;
  for (const int64_t length : c.targets) rows += length;
  for (const int64_t length : c.sources) memory += length;
  const auto batch = static_cast<int64_t>(c.targets.size());
  const double range = size == Size::large ? 0.15 : 1;  // a large loop with large weights is chaotic
  const int64_t second_input = c.conditional ? n.context : n.input + n.context, gates = 3 * n.hidden;
  std::vector<Input> inputs{{{rows, n.input}},
                            {{batch, n.hidden}},
                            {{memory, n.attention}},
                            {{memory, n.context}},
                            {{gates, second_input}, -range, range},
                            {{gates, n.hidden}, -range, range},
                            {{n.attention, n.hidden}, -range, range},
                            {{n.attention}}};
  if (c.conditional)
    inputs.insert(inputs.end(), {{{gates, n.input}, -range, range}, {{gates, n.hidden}, -range, range}});
  if (c.biases)
    inputs.insert(inputs.end(), {{{n.attention}, -range, range}, {{gates}, -range, range}, {{gates}, -range, range}});
  if (c.biases && c.conditional) inputs.insert(inputs.end(), {{{gates}, -range, range}, {{gates}, -range, range}});
  const auto with = [c](Decoder op) -> Function {
    return [=](Xs x) -> Tensors {
      const Lengths targets(c.targets, -1, x[0].device()), sources(c.sources, -1, x[0].device());
      AttentionGruWeights w{{}, {x[4], x[5], {}, {}}, x[6], {}, x[7], c.form};
      size_t next = 8;
      if (c.conditional) w.first = {x[8], x[9], {}, {}}, next = 10;
      if (c.biases) {
        w.query_bias = x[next];
        w.second.bias_ih = x[next + 1];
        w.second.bias_hh = x[next + 2];
      }
      if (c.biases && c.conditional) {
        w.first.bias_ih = x[next + 3];
        w.first.bias_hh = x[next + 4];
      }
      const Output out = op(x[0], targets, x[1], {x[2], x[3], sources}, w);
      return {out.y, out.attention.context, out.attention.weights, out.state.h};
    };
  };
  return {std::move(what), inputs, with(attention_gru), {}, with(attention_gru_composed), size};
}

/// Makes two loops over the same weights, from states h0 and -h0: their gradients add up.
Sample twice(Sample sample) {
  const auto both = [](Function f) -> Function {
    return [f](Xs x) {
      Tensors y = f.many(x), again(x.begin(), x.end());
      again[1] = x[1].defined() ? neg(x[1]) : x[1];
      for (const Tensor& part : f.many(again)) y.push_back(part);
      return y;
    };
  };
  return {sample.what + ", twice", sample.inputs, both(sample.f), {}, both(sample.twin), sample.size};
}

Row decoder_row() {
  std::vector<Sample> samples;
  for (const bool conditional : {false, true})
    for (const Reset reset : {Reset::after, Reset::before})
      for (const Update update : {Update::keep, Update::replace}) {
        const std::string what = std::string(conditional ? "conditional" : "single") +
                                 (reset == Reset::after ? ", reset after" : ", reset before") +
                                 (update == Update::keep ? ", keep" : ", replace");
        const GruForm form{reset, update};
        samples.push_back(decoder_sample(what, {.form = form, .conditional = conditional}));
        samples.push_back(
            decoder_sample(what + ", without biases", {.form = form, .conditional = conditional, .biases = false}));
      }
  for (const bool conditional : {false, true})
    for (const Reset reset : {Reset::after, Reset::before})
      samples.push_back(twice(decoder_sample(conditional ? "conditional" : "single",
                                             {.form = {reset, Update::keep}, .conditional = conditional})));
  for (const bool conditional : {false, true})
    samples.push_back(
        decoder_sample("no sequences", {.form = {}, .conditional = conditional, .targets = {}, .sources = {}}));
  samples.push_back(decoder_sample("one step", {.form = {}, .targets = {1}, .sources = {1}}));
  for (const bool conditional : {false, true})
    samples.push_back(decoder_sample(conditional ? "large, conditional" : "large",
                                     {.form = {Reset::before, Update::replace},
                                      .conditional = conditional,
                                      .targets = many_sequences(),
                                      .sources = many_sequences(13)},
                                     {33, 65, 31, 67}, Size::large));
  return {"attention_gru",
          "c = attention(h), h' = GRU([x; c], h); conditional: h1 = GRU(x, h), c = attention(h1), h' = GRU(c, h1)",
          floats,
          2,
          samples,
          {{[](Device d) {
              const auto x = [&](Shape shape) { return Tensor::zeros(shape, DType::f64, d); };
              const Lengths one({1}, -1, d);
              attention_gru(x({1, 2}), one, x({1, 3}), {x({1, 2}), x({1, 3}), one},
                            {{}, {x({9, 4}), x({9, 3}), {}, {}}, x({2, 3}), {}, x({2}), {}});
            },
            "[attention_gru] need the second GRU's weight_ih (9, 5) and weight_hh (3H, H), got (9, 4) and (9, 3)"}},
          2e-4};
}

/// A row for rows in the order of the batch, which packed rows of one step each are too.
Row step_row() {
  const auto weights = [](Xs x) {
    return AttentionGruWeights{{}, {x[4], x[5], {}, {}}, x[6], {}, x[7], {Reset::before, Update::replace}};
  };
  const Function step = [=](Xs x) -> Tensors {
    const Lengths sources({1, 3, 2}, -1, x[0].device());
    const Output out =
        attention_gru_step(x[0], x[1], {x[2], x[3], sources}, attention_rows(sources, {0, 1, 2}), weights(x));
    return {out.y, out.attention.context, out.attention.weights};
  };
  const Function twin = [=](Xs x) -> Tensors {
    const Lengths sources({1, 3, 2}, -1, x[0].device()), targets({1, 1, 1}, -1, x[0].device());
    const Output out = attention_gru_composed(x[0], targets, x[1], {x[2], x[3], sources}, weights(x));
    return {out.y, out.attention.context, out.attention.weights};
  };
  return {"attention_gru_step",
          "one step of attention_gru, for decoding",
          floats,
          0,
          {{"(3, 2)",
            {{{3, 2}}, {{3, 3}}, {{6, 2}}, {{6, 3}}, {{9, 5}, -1, 1}, {{9, 3}, -1, 1}, {{2, 3}, -1, 1}, {{2}}},
            step,
            {},
            twin}},
          {}};
}

}  // namespace

std::vector<Row> attention_rows_of_table() { return {attention_row(), decoder_row(), step_row()}; }

}  // namespace grus::test
