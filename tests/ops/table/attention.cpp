// Additive attention, alone and inside the decoder's recurrence.
#include "ops/sequence/attention.h"

#include <set>

#include "ops/math/elementwise.h"
#include "ops/sequence/attention_gru.h"
#include "tests/ops/table/row.h"
#include "tests/support/tensors.h"

namespace grus::test {
namespace {

using Attention = AttentionOutput (*)(const Tensor&, const AttentionMemory&, const AttentionRows&, const Tensor&);

AttentionOutput fused(const Tensor& query, const AttentionMemory& memory, const AttentionRows& rows, const Tensor& v) {
  return additive_attention(query, memory, rows, v);
}

/// Query i sees the row sources[i].
Function attend(Attention op, std::vector<int64_t> lengths, std::vector<int64_t> sources) {
  return [=](In in) -> Tensors {
    const Lengths source(lengths, -1, in["query"].device());
    const AttentionOutput out =
        op(in["query"], {in["keys"], in["values"], source}, attention_rows(source, sources), in["v"]);
    return {out.context, out.weights};
  };
}

Sample attention_sample(std::string what, std::vector<int64_t> lengths, std::vector<int64_t> sources, int64_t attention,
                        int64_t context, Size size = Size::ordinary) {
  const bool shared = std::set(sources.begin(), sources.end()).size() < sources.size();
  int64_t total = 0;
  for (const int64_t length : lengths) total += length;
  const auto rows = static_cast<int64_t>(sources.size());
  return {
      std::move(what),
      {{"query", {rows, attention}}, {"keys", {total, attention}}, {"values", {total, context}}, {"v", {attention}}},
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
        {given("query", {1, 1}, {0}), given("keys", {2, 1}, {0, 1}), given("values", {2, 1}, {2, 4}),
         given("v", {1}, {1})},
        attend(fused, {2}, {0}),
        {{{1, 1}, {(2 + 4 * e) / (1 + e)}}, {{1, 2}, {1 / (1 + e), e / (1 + e)}}}},
       {"keys that are the values",
        {{"query", {2, 3}}, {"keys", {3, 3}}, {"v", {3}}},
        [](In in) -> Tensors {
          const Lengths source({2, 1}, -1, in["query"].device());
          const AttentionOutput out =
              fused(in["query"], {in["keys"], in["keys"], source}, attention_rows(source, {0, 1}), in["v"]);
          return {out.context, out.weights};
        }},
       {"padded keys",
        {{"query", {2, 3}}, {"keys", {4, 2, 3}}, {"values", {4, 2, 2}}, {"v", {3}}},
        [](In in) -> Tensors {
          const Lengths lengths({4, 2}, 4, in["query"].device());
          const AttentionOutput out = additive_attention(in["query"], in["keys"], in["values"], in["v"], &lengths);
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

/// A GRU that a form of the decoder lacks has no weights.
AttentionGruWeights decoder_weights(In in, GruForm form) {
  return {{in["first_ih"], in["first_hh"], in["first_bias_ih"], in["first_bias_hh"]},
          {in["second_ih"], in["second_hh"], in["second_bias_ih"], in["second_bias_hh"]},
          in["query_weight"],
          in["query_bias"],
          in["v"],
          form};
}

Sample decoder_sample(std::string what, const DecoderCase& c, DecoderSizes n = {}, Size size = Size::ordinary) {
  int64_t rows = 0, memory = 0;
  for (const int64_t length : c.targets) rows += length;
  for (const int64_t length : c.sources) memory += length;
  const auto batch = static_cast<int64_t>(c.targets.size());
  const double range = size == Size::large ? 0.15 : 1;  // a large loop with large weights is chaotic
  const int64_t second_input = c.conditional ? n.context : n.input + n.context, gates = 3 * n.hidden;
  std::vector<Input> inputs{{{rows, n.input}},
                            {"h0", {batch, n.hidden}},
                            {"keys", {memory, n.attention}},
                            {"values", {memory, n.context}},
                            {"second_ih", {gates, second_input}, -range, range},
                            {"second_hh", {gates, n.hidden}, -range, range},
                            {"query_weight", {n.attention, n.hidden}, -range, range},
                            {"v", {n.attention}}};
  if (c.conditional)
    inputs.insert(inputs.end(),
                  {{"first_ih", {gates, n.input}, -range, range}, {"first_hh", {gates, n.hidden}, -range, range}});
  if (c.biases)
    inputs.insert(inputs.end(), {{"query_bias", {n.attention}, -range, range},
                                 {"second_bias_ih", {gates}, -range, range},
                                 {"second_bias_hh", {gates}, -range, range}});
  if (c.biases && c.conditional)
    inputs.insert(inputs.end(), {{"first_bias_ih", {gates}, -range, range}, {"first_bias_hh", {gates}, -range, range}});
  const auto with = [c](Decoder op) -> Function {
    return [=](In in) -> Tensors {
      const Lengths targets(c.targets, -1, in["x"].device()), sources(c.sources, -1, in["x"].device());
      const Output out =
          op(in["x"], targets, in["h0"], {in["keys"], in["values"], sources}, decoder_weights(in, c.form));
      return {out.y, out.attention.context, out.attention.weights, out.state.h};
    };
  };
  return {std::move(what), inputs, with(attention_gru), {}, with(attention_gru_composed), size};
}

/// Makes two loops over the same weights, from states h0 and -h0: their gradients add up.
Sample twice(Sample sample) {
  const auto both = [](Function f) -> Function {
    return [f](In in) {
      const Tensor& h0 = in["h0"];
      Tensors y = f.of(in);
      for (const Tensor& part : f.of(in.with("h0", h0.defined() ? neg(h0) : h0))) y.push_back(part);
      return y;
    };
  };
  return {sample.what + ", twice", sample.inputs, both(sample.f), {}, both(sample.twin), sample.size};
}

Row decoder_row() {
  std::vector<Sample> samples;
  for (const bool conditional : {true, false})
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
  const auto step = [](GruForm form) -> Function {
    return [=](In in) -> Tensors {
      const Lengths sources({1, 3, 2}, -1, in["x"].device());
      const AttentionMemory memory{in["keys"], in["values"], sources};
      const Output out =
          attention_gru_step(in["x"], in["h0"], memory, attention_rows(sources, {0, 1, 2}), decoder_weights(in, form));
      return {out.y, out.attention.context, out.attention.weights, out.state.h};
    };
  };
  std::vector<Sample> samples;
  for (const bool conditional : {false, true}) {
    const GruForm form{Reset::before, Update::replace};
    Sample sample = decoder_sample(conditional ? "conditional" : "single",
                                   {.form = form, .conditional = conditional, .targets = {1, 1, 1}});
    sample.f = step(form);
    samples.push_back(sample);
  }
  return {"attention_gru_step", "one step of attention_gru, for decoding", floats, 0, samples, {}};
}

}  // namespace

std::vector<Row> attention_rows_of_table() { return {attention_row(), decoder_row(), step_row()}; }

}  // namespace grus::test
