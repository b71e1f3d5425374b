// Additive attention, with shared sources, sources of length 0 and more queries than sources; and its decoder.
#include "ops/sequence/attention.h"

#include <fmt/format.h>

#include "ops/sequence/attention_gru.h"
#include "tests/random/statement.h"

namespace grus::test {
namespace {

/// Draws sources in order, in any order with repetitions, or all queries on one.
std::vector<int64_t> draw_sources(Choices& choices, int64_t batch) {
  const int64_t kind = choices.in(0, 3);
  const int64_t rows = kind == 0 ? batch : choices.in(0, 7) == 7 ? choices.in(1, 2 * batch) : batch;
  std::vector<int64_t> sources;
  const int64_t one = choices.in(0, batch - 1);
  for (int64_t i = 0; i < rows; ++i) sources.push_back(kind == 0 ? i : kind == 1 ? one : choices.in(0, batch - 1));
  return sources;
}

/// Draws a batch that is, now and then, large enough for threads to share it.
int64_t draw_batch(Choices& choices, bool& large) {
  large = choices.in(0, 7) == 7;
  return large ? choices.in(16, 48) : choices.in(1, 5);
}

Sample draw_attention(Choices& choices, const Sizes& like) {
  bool large = false;
  const int64_t batch = draw_batch(choices, large);
  std::vector<int64_t> lengths = draw_lengths(choices, batch, 0);
  if (large)
    for (int64_t& length : lengths) length = 4 * length + 1;
  const std::vector<int64_t> sources = draw_sources(choices, batch);
  const int64_t width = large                                                  ? choices.in(33, 131)
                        : !like.empty() && like.back() > 0 && like.back() < 40 ? like.back()
                                                                               : draw_size(choices);
  const int64_t context = large ? choices.in(33, 131) : draw_size(choices);
  const auto rows = static_cast<int64_t>(sources.size());
  return {fmt::format("additive_attention($0, {{$1, $2, Lengths({{{}}})}}, attention_rows(lengths, {{{}}}), $3)",
                      fmt::join(lengths, ", "), fmt::join(sources, ", ")),
          {{{rows, width}}, {{total(lengths), width}}, {{total(lengths), context}}, {{width}, -1, 1}},
          [=](Xs x) -> Tensors {
            const Lengths source(lengths, -1, x[0].device());
            const auto y = additive_attention(x[0], {x[1], x[2], source}, attention_rows(source, sources), x[3]);
            return {y.context, y.weights};
          }};
}

Sample draw_padded_attention(Choices& choices, const Sizes& like) {
  const Sizes query = sizes_like(choices, like, 2, 2, 200);
  const std::vector<int64_t> lengths = draw_lengths(choices, query[0], 0);
  const int64_t context = draw_size(choices), spare = choices.in(0, 2);
  int64_t steps = spare;
  for (const int64_t length : lengths) steps = std::max(steps, length);
  const bool whole = choices.maybe();
  return {fmt::format("additive_attention($0, $1, $2, $3, {})",
                      whole ? "nullptr" : fmt::format("&Lengths({{{}}})", fmt::join(lengths, ", "))),
          {{shape_of(query)}, {{steps, query[0], query[1]}}, {{steps, query[0], context}}, {{query[1]}, -1, 1}},
          [=](Xs x) -> Tensors {
            const Lengths source(lengths, -1, x[0].device());
            const auto y = additive_attention(x[0], x[1], x[2], x[3], whole ? nullptr : &source);
            return {y.context, y.weights};
          }};
}

struct Decoder {
  std::vector<int64_t> targets, sources;
  int64_t input, hidden, width, context;
  GruForm form;
  bool conditional, biases;
};

std::vector<Input> inputs_of(const Decoder& d) {
  const auto batch = static_cast<int64_t>(d.targets.size());
  const double range = d.hidden > 8 || d.context > 8 || d.input > 8 ? 0.15 : 1;
  const int64_t gates = 3 * d.hidden, second = d.conditional ? d.context : d.input + d.context;
  std::vector<Input> inputs{{{total(d.targets), d.input}},        {{batch, d.hidden}},
                            {{total(d.sources), d.width}},        {{total(d.sources), d.context}},
                            {{gates, second}, -range, range},     {{gates, d.hidden}, -range, range},
                            {{d.width, d.hidden}, -range, range}, {{d.width}}};
  if (d.conditional)
    inputs.insert(inputs.end(), {{{gates, d.input}, -range, range}, {{gates, d.hidden}, -range, range}});
  if (d.biases)
    inputs.insert(inputs.end(), {{{d.width}, -range, range}, {{gates}, -range, range}, {{gates}, -range, range}});
  return inputs;
}

Tensors decode(const Decoder& d, Xs x) {
  const Lengths targets(d.targets, -1, x[0].device()), sources(d.sources, -1, x[0].device());
  AttentionGruWeights w{{}, {x[4], x[5], {}, {}}, x[6], {}, x[7], d.form};
  const size_t next = d.conditional ? 10 : 8;
  if (d.conditional) w.first = {x[8], x[9], {}, {}};
  if (d.biases) w.query_bias = x[next], w.second.bias_ih = x[next + 1], w.second.bias_hh = x[next + 2];
  const Output y = attention_gru(x[0], targets, x[1], {x[2], x[3], sources}, w);
  return {y.y, y.attention.context, y.attention.weights};
}

Sample draw_decoder(Choices& choices, const Sizes&) {
  Decoder d{};
  const int64_t batch = choices.in(0, 39) == 39 ? choices.in(24, 60) : choices.in(0, 29) == 29 ? 0 : choices.in(1, 4);
  d.targets = draw_lengths(choices, batch, 1);
  d.sources = draw_lengths(choices, batch, 1);
  for (int64_t* size : {&d.input, &d.hidden, &d.width, &d.context}) *size = draw_size(choices);
  d.form = {choices.maybe() ? Reset::before : Reset::after, choices.maybe() ? Update::replace : Update::keep};
  d.conditional = choices.maybe();
  d.biases = choices.maybe();
  return {fmt::format("attention_gru [{}, reset {}, update {}, {}targets {{{}}}, sources {{{}}}]",
                      d.conditional ? "conditional" : "single", d.form.reset == Reset::before ? "before" : "after",
                      d.form.update == Update::replace ? "replaces" : "keeps", d.biases ? "biases, " : "",
                      fmt::join(d.targets, ", "), fmt::join(d.sources, ", ")),
          inputs_of(d), [d](Xs x) { return decode(d, x); }};
}

}  // namespace

std::vector<Statement> attention_statements() {
  return {{"additive_attention", draw_attention},
          {"additive_attention", draw_padded_attention},
          {"attention_gru", draw_decoder}};
}

}  // namespace grus::test
