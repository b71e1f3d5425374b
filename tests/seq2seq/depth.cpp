// The attention translator with other units, other scores and more layers.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

#include "ops/math/index.h"
#include "ops/math/matmul.h"
#include "ops/math/softmax.h"
#include "optim/adam.h"
#include "optim/clip.h"
#include "seq2seq/bahdanau.h"
#include "seq2seq/option_table.h"
#include "seq2seq/search.h"
#include "tests/seq2seq/slopes.h"
#include "tests/support/tensors.h"

using namespace grus;
using namespace grus::seq2seq;

namespace {

struct Variant {
  Unit unit;
  nn::Score score;
  int64_t encoder, decoder;
  bool residual = false;
  DecoderCell cell = DecoderCell::conditional;

  ModelOptions options() const {
    ModelOptions o = test::small_options();
    o.unit = unit, o.score = score;
    o.encoder_layers = encoder, o.decoder_layers = decoder, o.residual = residual, o.decoder = cell;
    return o;
  }
  std::string name() const {
    const ModelOptions o = options();
    return text_of(o, "unit") + " " + text_of(o, "attention-score") + " " + text_of(o, "enc-layers") + "+" +
           text_of(o, "dec-layers") + " " + text_of(o, "decoder");
  }
};

/// Every unit with every score: shallow and deep, with residual connections and both kinds of decoders among them.
std::vector<Variant> variants() {
  std::vector<Variant> all;
  for (const Unit unit : {Unit::gru, Unit::lstm})
    for (const nn::Score score : {nn::Score::additive, nn::Score::dot, nn::Score::general}) {
      all.push_back({unit, score, 1, 1});
      all.push_back({unit, score, 1, 1, false, DecoderCell::single});
      all.push_back({unit, score, 2, 3, true});
      all.push_back({unit, score, 3, 2, false, DecoderCell::single});
    }
  return all;
}

/// Returns the words of packed inputs at a step, by rank.
std::vector<int32_t> words_at(const Tokens& inputs, int64_t t) {
  const auto ids = inputs.ids.to_vector<int32_t>();
  const auto begin = ids.begin() + inputs.lengths.start(t);
  return {begin, begin + inputs.lengths.alive(t)};
}

}  // namespace

TEST_CASE("deep attention: gradients are the slopes of the loss, dropout between layers included") {
  for (const Variant& v : variants()) {
    ModelOptions options = v.options();
    options.dropout = 0.3;
    if (v.encoder == 3) options.readout_state = ReadoutState::before;
    CAPTURE(v.name());
    test::check_slopes(*test::small_model(options));
  }
}

TEST_CASE("deep attention: steps of a decoder, in any order of sources, give the rows of teacher forcing") {
  for (const Variant& v : variants()) {
    ModelOptions options = v.options();
    if (v.encoder == 3) options.readout_state = ReadoutState::before;
    const auto model = test::small_model(options);
    CAPTURE(v.name());
    const PackedBatch batch = test::small_batch(6);
    const Tensor forced = model->forward_rows(batch.source, batch.inputs).rows;
    const Lengths& lengths = batch.inputs.lengths;
    const auto decoder = model->decode(batch.source);
    DecoderState state = decoder->start();
    for (Tensor& part : state) part = gather_rows(part, lengths.order_tensor());
    for (int64_t t = 0; t < lengths.longest(); ++t) {
      const int64_t alive = lengths.alive(t);
      // Rows stand twice, in reverse: every part of the state goes with its row.
      std::vector<int64_t> ranks, sources;
      for (int64_t i = 2 * alive - 1; i >= 0; --i) ranks.push_back(i % alive);
      for (const int64_t rank : ranks) sources.push_back(lengths.order()[static_cast<size_t>(rank)]);
      std::vector<int32_t> words;
      for (const int64_t rank : ranks) words.push_back(words_at(batch.inputs, t)[static_cast<size_t>(rank)]);
      DecoderState twice;
      for (const Tensor& part : state) twice.push_back(gather_rows(part, Tensor::from(ranks)));
      const Decoder::Step step = decoder->step(Tensor::from(words), twice, sources);
      const Tensor there = gather_rows(forced.rows(lengths.start(t), lengths.start(t) + alive), Tensor::from(ranks));
      CHECK(test::gap(step.rows, there) < 1e-5);
      const auto sums = sum(step.weights, -1).to_vector<float>();
      for (const float one : sums) CHECK(one == doctest::Approx(1));
      // The second half, read backwards, is the first in its own order.
      const int64_t next = t + 1 < lengths.longest() ? lengths.alive(t + 1) : 0;
      std::vector<int64_t> back;
      for (int64_t i = 0; i < next; ++i) back.push_back(alive - 1 - i);
      state.clear();
      for (const Tensor& part : step.state) state.push_back(gather_rows(part, Tensor::from(back)));
    }
  }
}

TEST_CASE("deep attention: a beam of one is greedy, and a search does not see its batch") {
  for (const Variant& v : variants()) {
    const auto model = test::small_model(v.options());
    CAPTURE(v.name());
    const data::EncodedCorpus corpus = test::small_corpus(7);
    const OutputLayer output = model->output();
    const auto beams = search(*model, corpus.source, {.beam = 1, .max_length = 6});
    const auto wide = search(*model, corpus.source, {.beam = 3, .n_best = 3, .max_length = 6});
    for (size_t n = 0; n < corpus.source.size(); ++n) {
      const std::vector<std::vector<int32_t>> alone = {corpus.source[n]};
      const auto decoder = model->decode(pack_tokens(alone));
      DecoderState state = decoder->start();
      std::vector<int32_t> said = {data::SOS};
      while (said.size() < 7) {
        Decoder::Step step = decoder->step(Tensor::from(std::vector{said.back()}), state, {0});
        state = std::move(step.state);
        auto logits = linear(step.rows, output.weight, output.bias).to_vector<float>();
        for (const int32_t never : {data::UNK, data::PAD, data::SOS}) logits[static_cast<size_t>(never)] = -1e9f;
        const auto best = std::max_element(logits.begin(), logits.end()) - logits.begin();
        if (best == data::EOS) break;
        said.push_back(static_cast<int32_t>(best));
      }
      CHECK(beams[n][0].ids == std::vector<int32_t>(said.begin() + 1, said.end()));
      const auto found = search(*model, alone, {.beam = 3, .n_best = 3, .max_length = 6})[0];
      REQUIRE(found.size() == wide[n].size());
      for (size_t k = 0; k < found.size(); ++k) CHECK(found[k].ids == wide[n][k].ids);
      if (found[0].finished)
        CHECK(log_probabilities(*model, {alone, {found[0].ids}})[0] ==
              doctest::Approx(found[0].log_probability).epsilon(1e-4));
    }
  }
}

TEST_CASE("deep attention: the cell in plain ops is the twin of the loop that is one op") {
  for (const DecoderCell form : {DecoderCell::conditional, DecoderCell::single}) {
    ModelOptions options = test::small_options();
    options.decoder = form;
    const auto made = test::small_model(options);
    const auto& model = dynamic_cast<const Bahdanau&>(*made);
    const PackedBatch batch = test::small_batch(6);
    const Lengths& lengths = batch.inputs.lengths;
    const auto encoded = model.encode(batch.source);
    const Tensor words = model.embed(model.target_embedding, batch.inputs.ids);
    const Output fused =
        scan(cells::AttentionGru(encoded.memory.packed, model.step_weights(), lengths), words, lengths, encoded.start);
    const Output twin = scan(model.attention_cell(encoded.memory.of(lengths.order())), words, lengths, encoded.start);
    CHECK(test::gap(fused.y, twin.y) < 1e-5);
    CHECK(test::gap(fused.state.h, twin.state.h) < 1e-5);
    CHECK(test::gap(fused.attention.context, twin.attention.context) < 1e-5);
    CHECK(test::gap(fused.attention.weights, twin.attention.weights) < 1e-5);
  }
}

TEST_CASE("deep attention: every unit learns to copy with every score, shallow and deep") {
  const data::EncodedCorpus unseen = [] {
    data::EncodedCorpus corpus = test::small_corpus(24);
    for (auto& sentence : corpus.source)
      if (sentence.size() > 5) sentence.resize(5);
    corpus.target = corpus.source;
    return corpus;
  }();
  std::vector<int64_t> all(unseen.source.size());
  for (size_t i = 0; i < all.size(); ++i) all[i] = static_cast<int64_t>(i);
  const PackedBatch batch = to_device(data::make_batch(unseen, all, source_marks));
  for (const Variant& v : variants()) {
    if (v.cell == DecoderCell::single) continue;
    const auto model = test::small_model(v.options());
    CAPTURE(v.name());
    const nn::Parameters parameters = model->module().named_parameters();
    optim::Adam adam(parameters, {.lr = 0.01});
    for (int step = 0; step < 200; ++step) {
      Tape tape;
      tape.backward(loss_of(*model, batch, 0).loss);
      adam.step(optim::clip_scale(parameters, 1).scale);
      adam.zero_grad();
    }
    size_t right = 0;
    const auto said = search(*model, unseen.source, {.beam = 2});
    for (size_t n = 0; n < said.size(); ++n) right += said[n][0].ids == unseen.target[n];
    CHECK(right >= 22);
  }
}

TEST_CASE("deep attention: sizes that cannot be are said, and a description names what is there") {
  Rng rng(1);
  CHECK(
      test::message_of<UsageError>([&] {
        Bahdanau(
            {.source_words = 9, .target_words = 9, .embedding = 4, .hidden = 6, .encoder = 4, .score = nn::Score::dot},
            rng);
      }) == "[Bahdanau] need an encoder of half of hidden (6) for dot scores, got 4 in each direction");
  CHECK(test::message_of<UsageError>([&] {
          Bahdanau({.source_words = 9, .target_words = 9, .embedding = 4, .hidden = 6, .decoder_layers = 0}, rng);
        }) == "[Bahdanau] need layers on both sides, got 1 and 0");
  CHECK(test::small_model(Variant{Unit::lstm, nn::Score::dot, 2, 3, true}.options())->description() ==
        "Bahdanau et al. 2014, conditional LSTM, tanh readout, 12/16, 2 and 3 layers with residual connections, dot "
        "attention");
  CHECK(test::small_model()->description() == "Bahdanau et al. 2014, conditional GRU, tanh readout, 12/16");
}

TEST_CASE("deep attention: forget gates of every LSTM begin with the bias that was asked for") {
  for (const FirstWeights weights : {FirstWeights::scaled, FirstWeights::paper}) {
    ModelOptions options = Variant{Unit::lstm, nn::Score::general, 2, 2}.options();
    options.forget_bias = 3;
    options.weights = weights;
    const auto model = test::small_model(options);
    for (const auto& [name, parameter] : model->module().named_parameters()) {
      if (name.find("bias_ih") == std::string::npos) continue;
      CAPTURE(name);
      const auto values = parameter.value().to_vector<float>();
      const size_t size = values.size() / 4;
      for (size_t j = 0; j < values.size(); ++j) CHECK((values[j] > 2) == (j / size == 1));
    }
  }
}
