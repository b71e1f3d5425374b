// Cho et al. 2014 against values worked out by tests/golden/make_cho.py, and what the options of the one decoder do.
#include "seq2seq/encoder_decoder.h"
#include "seq2seq/architecture.h"
#include "seq2seq/cho.h"
#include "seq2seq/sutskever.h"

#include <algorithm>

#include "ops/gradcheck.h"
#include "ops/loss/loss.h"
#include "ops/math/index.h"
#include "ops/math/matmul.h"
#include "ops/math/reduce.h"
#include "ops/math/shape.h"
#include "ops/math/softmax.h"
#include "tests/support/golden.h"
#include "tests/support/tensors.h"

using namespace grus;
using namespace grus::nn;
using namespace grus::seq2seq;
using test::difference;
using test::GoldenCase;
using test::i32;
using test::i64;
using test::message_of;

namespace {

Tokens pack_ids(const std::vector<std::vector<int32_t>>& sentences) { return pack_tokens(sentences); }

Tensor zeros(const Shape& shape) { return Tensor::zeros(shape); }

std::vector<int32_t> words_of(const Tensor& ids) {
  std::vector<int32_t> words;
  for (const int64_t id : ids.to_vector<int64_t>()) words.push_back(static_cast<int32_t>(id));
  return words;
}

struct Batch {
  Tokens source, inputs, labels;
};
Batch small_batch() {
  return {pack_ids({{4, 7, 5}, {3}, {8, 8, 6, 1}}), pack_ids({{2, 8, 3}, {2}, {2, 7}}),
          pack_ids({{8, 3, 6}, {5}, {7, 1}})};
}

Tensor logits_of(const EncoderDecoder& model, const Batch& b) {
  return linear(model(b.source.ids, b.source.lengths, b.inputs.ids, b.inputs.lengths), model.output_weight,
                model.output_bias);
}

EncoderDecoderOptions small_options() {
  return {.source_words = 9, .target_words = 9, .embedding = 3, .hidden = 5, .maxout = 4};
}

}  // namespace

TEST_CASE("golden: the paper's gated unit, z keeping or replacing, equals NumPy's") {
  int found = 0;
  for (const GoldenCase& c : test::golden_cases("cho")) {
    if (!c.name.starts_with("gru")) continue;
    ++found;
    const GruWeights w{c.at("weight_ih"), c.at("weight_hh"), c.at("bias_ih"), c.at("bias_hh")};
    const GruForm form{Reset::before, c.settings["update"] == "keep" ? Update::keep : Update::replace};
    const Tensor x = c.at("x"), h0 = c.at("h0").reshape({1, -1});
    const Lengths lengths({x.dim(0)});
    CHECK(difference(gru_packed(x, lengths, h0, w, form).y, c.at("y")) < 1e-13);
    CHECK(difference(gru_packed_composed(x, lengths, h0, w, form).y, c.at("y")) < 1e-13);
  }
  CHECK(found == 2);
}

TEST_CASE("golden: Cho's encoder-decoder equals NumPy's, summaries and probabilities, in one ragged batch") {
  for (const GoldenCase& c : test::golden_cases("cho")) {
    if (c.name != "model") continue;
    const auto number = [&c](const char* key) { return c.settings[key].get<int64_t>(); };
    EncoderDecoder model({.source_words = number("words"),
                          .target_words = number("words"),
                          .embedding = number("embedding"),
                          .hidden = number("hidden"),
                          .maxout = number("maxout"),
                          .start_word = number("start")});
    model.to(DType::f64);
    for (const auto& [name, parameter] : model.named_parameters()) parameter.leaf().assign(c.at(name));
    std::vector<std::vector<int32_t>> sources, inputs, labels;
    for (int64_t k = 0; k < number("pairs"); ++k) {
      sources.push_back(words_of(c.at("source" + std::to_string(k))));
      labels.push_back(words_of(c.at("target" + std::to_string(k))));
      inputs.push_back(labels.back());
      inputs.back().insert(inputs.back().begin(), static_cast<int32_t>(number("start")));
      inputs.back().pop_back();
    }
    const Batch b{pack_ids(sources), pack_ids(inputs), pack_ids(labels)};
    const Tensor summary = model.encode(b.source.ids, b.source.lengths).c;
    const Tensor nll = cross_entropy(logits_of(model, b), b.labels.ids, {.reduction = Reduction::none});
    const Tensor sums = scatter_rows(nll.reshape({-1, 1}), b.inputs.lengths.batch_rows(), number("pairs"));
    for (int64_t k = 0; k < number("pairs"); ++k) {
      CHECK(difference(summary[k], c.at("c" + std::to_string(k))) < 1e-13);
      CHECK(difference(-sums[k], c.at("log_p" + std::to_string(k))) < 1e-12);
    }
  }
}

TEST_CASE("encoder-decoder: the paper's sizes have the paper's number of parameters") {
  // Appendix A: n hidden, m the rank of input and output matrices, l maxout units, K words; and the biases that it
  // omits: two vectors a gate (they only ever add up), one each for V, V', the readout and the output.
  constexpr int64_t n = 1000, m = 100, l = 500, K = 15000;
  constexpr int64_t encoder = K * m + 3 * (n * m + n * n), decoder = K * m + 3 * (n * m + n * n + n * n);
  constexpr int64_t readout = 2 * l * (n + m + n) + m * l + K * m;  // O_h, O_y, O_c, G_r, G_l
  constexpr int64_t biases = 2 * (2 * 3 * n) + n + n + 2 * l + K;
  Rng rng(1);
  const EncoderDecoder model({.source_words = K, .target_words = K, .embedding = m, .hidden = n, .maxout = l}, rng);
  CHECK(model.parameter_count() == encoder + n * n + n * n + decoder + readout + biases);
  CHECK(model.parameter_count() == 18280000);
}

TEST_CASE(
    "encoder-decoder: every form of the one decoder gives its gradient to every parameter, and steps like its loop") {
  const Batch b = small_batch();
  for (const Unit unit : {Unit::gru, Unit::lstm})
    for (const int64_t layers : {1, 2})
      for (const Start start : {Start::summary, Start::states, Start::zeros})
        for (const bool every : {true, false})
          for (const int64_t units : {4, 0}) {
            if (start == Start::zeros && !every) continue;
            CAPTURE(static_cast<int>(unit) * 1000 + layers * 100 + static_cast<int>(start) * 10 + every);
            EncoderDecoderOptions options = small_options();
            options.unit = unit, options.layers = layers, options.start = start;
            options.context_every_step = every, options.maxout = units;
            Rng rng(3);
            const EncoderDecoder model(options, rng);
            Tape tape;
            const Tensor logits = logits_of(model, b);
            tape.backward(cross_entropy(logits, b.labels.ids));
            for (const auto& [name, parameter] : model.named_parameters()) {
              CAPTURE(name);
              REQUIRE(parameter.grad().defined());
              CHECK(sum(abs(parameter.grad())).item() > 0);
            }
            const NoGrad no_grad;  // the same word by word
            const Summary source = model.encode(b.source.ids, b.source.lengths);
            const Tensor order = b.inputs.lengths.order_tensor();
            State state;
            const auto ranked = [&](const Tensor& s, int64_t rows) {
              return s.defined() ? slice(index_select(s, 1, order), 1, 0, rows) : s;
            };
            for (int64_t t = 0; t < b.inputs.lengths.longest(); ++t) {
              const int64_t begin = b.inputs.lengths.start(t), rows = b.inputs.lengths.alive(t);
              if (t == 0) state = {ranked(source.first.h, rows), ranked(source.first.c, rows)};
              else state = {slice(state.h, 1, 0, rows), state.c.defined() ? slice(state.c, 1, 0, rows) : Tensor()};
              const auto step = model.decode(b.inputs.ids.rows(begin, begin + rows), Lengths::dense(1, rows), state,
                                             source, order.rows(0, rows));
              state = step.state;
              const Tensor said = linear(step.y, model.output_weight, model.output_bias);
              CHECK(difference(said, logits.rows(begin, begin + rows)) < 1e-5);
            }
          }
}

TEST_CASE("encoder-decoder: first values are what the papers say") {
  Rng rng(1);
  EncoderDecoderOptions options = small_options();
  options.hidden = 64, options.embedding = 32, options.start_word = 2;
  EncoderDecoder cho(options, rng);
  set_cho_weights(cho, rng);
  const Tensor u = cho.encoder.cell(0).weight_hh.value().rows(64, 128);
  const Tensor product = matmul(u, u, {.transpose_b = true});
  CHECK(sum(abs(product)).item() == doctest::Approx(64).epsilon(1e-2));  // the identity
  CHECK(sum(product * product).item() == doctest::Approx(64).epsilon(1e-4));
  CHECK(std::sqrt(mean(square(cho.summary->weight.value())).item()) == doctest::Approx(0.01).epsilon(0.1));
  CHECK(sum(abs(cho.summary->bias.value())).item() == 0);
  CHECK(sum(abs(cho.target_embedding.weight.value()[2])).item() == 0);
  const Tensor summary = cho.summary->weight.value();
  set_scaled_weights(cho, rng);
  const auto deviation = [](const Parameter& p) { return std::sqrt(mean(square(p.value())).item()); };
  CHECK(deviation(cho.target_embedding.weight) == doctest::Approx(1 / std::sqrt(32.0)).epsilon(0.1));
  CHECK(deviation(cho.target_embedding.weight) * cho.options.input_scale == doctest::Approx(0.25).epsilon(0.1));
  CHECK(cho.summary->weight.value().to_vector<float>() == summary.to_vector<float>());  // as it was
  options.unit = Unit::lstm;
  options.start_word = std::nullopt;
  EncoderDecoder deep(options, rng);
  set_sutskever_weights(deep, rng);
  for (const auto& [name, p] : deep.named_parameters()) {
    CAPTURE(name);
    const std::vector<float> values = p.value().to_vector<float>();
    CHECK(*std::max_element(values.begin(), values.end()) <= 0.08f);
    CHECK(*std::min_element(values.begin(), values.end()) >= -0.08f);
  }
}

TEST_CASE("encoder-decoder: words, owners and gates that do not fit the lengths are named") {
  const EncoderDecoder model({.source_words = 7, .target_words = 9, .embedding = 3, .hidden = 4, .maxout = 2});
  const Lengths lengths({2, 1});
  const Summary summary = model.encode(i32({1, 2, 3}, {3}, default_device()), lengths);
  const Tensor words = i32({1, 2, 3}, {3}, default_device()), owners = lengths.batch_rows();
  CHECK(message_of([&] {
          return model.encode(i32({1, 2}, {2}, default_device()), lengths);
        }) == "[EncoderDecoder] need source (N = 3), packed by their lengths, got (2)");
  CHECK(message_of([&] { return model.decode(Tensor(), lengths, summary.first, summary, owners); }) ==
        "[EncoderDecoder] need words, got an undefined tensor");
  CHECK(message_of([&] {
          return model.decode(words, lengths, summary.first, summary, i64({0}, {1}, default_device()));
        }) == "[EncoderDecoder] need an owner of each of 3 rows, got (1)");
  const GatedLayers layers({.input = 3, .hidden = 4, .context = 2});
  CHECK(message_of([&] {
          layers(zeros({3, 3}), lengths, State(), std::vector<Tensor>{zeros({2, 1})}, owners);
        }) == "[GatedLayers] need context's gates (B, 12), got (2, 1)");
  CHECK(message_of([&] {
          layers(zeros({3, 3}), lengths, State(), std::vector<Tensor>{zeros({2, 12})}, Tensor());
        }) == "[GatedLayers] need owners of rows, got none");
  CHECK(message_of([&] {
          layers(zeros({3, 3}), lengths, State(), std::vector<Tensor>{zeros({2, 12})}, i64({0}, {1}, default_device()));
        }) == "[GatedLayers] need an owner of each of 3 rows, got (1)");
}
