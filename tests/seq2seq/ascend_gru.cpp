// The rules of ascend-gru, on made models.
#include "seq2seq/protocols/ascend_gru.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

#include "nn/gru.h"
#include "ops/loss/loss.h"
#include "ops/math/elementwise.h"
#include "ops/math/matmul.h"
#include "ops/math/reduce.h"
#include "ops/math/shape.h"
#include "seq2seq/protocols/protocol.h"
#include "seq2seq/trainer.h"
#include "tests/data/files.h"
#include "tests/seq2seq/small.h"

using namespace grus;
using namespace grus::seq2seq;
using grus::test::check_close;
using grus::test::message_of;
using grus::test::pairs_of;
using grus::test::set_output;

namespace {

using IdRow = std::vector<int32_t>;

std::unique_ptr<NoAttention> small_ascend(double dropout = 0) {
  NoAttentionOptions options = ascend_gru_options({20, 20});
  options.network.embedding = 6;
  options.network.hidden = 8;
  options.network.word_dropout = dropout;
  Rng rng(1);
  auto model = std::make_unique<NoAttention>("ascend-gru", "small", options, set_scaled_weights, rng);
  model->module().eval();
  return model;
}

}  // namespace

TEST_CASE("ascend-gru: the decoder starts from the encoder's last state, and reads and shows it at every step") {
  const auto model = small_ascend();
  const EncoderDecoder& net = model->network();
  const Tokens source = pack_tokens(std::vector<IdRow>{{7, 8, 9}}), inputs = pack_tokens(std::vector<IdRow>{{2, 5}});
  const double scale = net.options.input_scale;
  const auto gru_of = [](const GatedLayers& layers, int64_t input) {
    Rng rng(3);
    nn::GruCell gru({.input = input, .hidden = 8}, rng);
    const nn::CellParameters& own = layers.cell(0);
    Tensor weight = own.weight_ih.value();
    if (!layers.context_weights.empty()) weight = concat({weight, layers.context_weights.front().value()}, 1);
    gru.weights.weight_ih.assign(weight);
    gru.weights.bias_ih.assign(own.bias_ih.value());
    gru.weights.weight_hh.assign(own.weight_hh.value());
    gru.weights.bias_hh.assign(own.bias_hh.value());
    return gru;
  };
  const nn::GruCell encoder = gru_of(net.encoder, 6), decoder = gru_of(net.decoder, 14);
  Tensor last = Tensor::zeros({1, 8});
  for (const int32_t id : {data::SOS, 7, 8, 9, data::EOS})
    last = encoder(net.source_embedding(Tensor::from(IdRow{id})) * scale, last);
  Tensor state = last;
  std::vector<Tensor> rows;
  for (const int32_t id : {2, 5}) {
    const Tensor word = net.target_embedding(Tensor::from(IdRow{id})) * scale;
    state = decoder(concat({word, last}, 1), state);
    rows.push_back(concat({word, state, last}, 1));
  }
  check_close(model->forward_rows(source, inputs).rows, concat(rows, 0));
}

TEST_CASE("ascend-gru: a wide output has no readout, and a summary that starts the decoder has its layer") {
  EncoderDecoderOptions options = ascend_gru_options({9, 9}).network;
  options.maxout = 4;
  CHECK(message_of<UsageError>([&] { EncoderDecoder model(options); }) ==
        "[EncoderDecoder] need no readout for a wide output, got 4");
  options.maxout = 0;
  options.start = Start::summary;
  CHECK(message_of<UsageError>([&] { EncoderDecoder model(options); }) ==
        "[EncoderDecoder] need a summary layer for a first state of the summary, got none");
}

TEST_CASE("ascend-gru: a step at a time gives the rows of all steps at once") {
  const auto model = small_ascend();
  const PackedBatch batch = pairs_of({{{5, 6, 7}, {8}, {9, 4}}, {{7, 8}, {9}, {10, 11, 12}}});
  const Protocol& protocol = *protocol_named("ascend-gru");
  manual_seed(1);
  const Followed own = follow(protocol, *model, batch, 0.5);
  check_close(own.rows, model->forward_rows(batch.source, own.inputs).rows);
}

TEST_CASE("ascend-gru: the decoder's own words are chosen from the very rows that the loss is of, dropout included") {
  const auto model = small_ascend(0.5);
  model->module().train(true);
  data::EncodedCorpus corpus;
  for (int32_t n = 0; n < 16; ++n) corpus.source.push_back({5, 6 + n % 4}), corpus.target.push_back({8, 9, 10, 11});
  const PackedBatch batch = pairs_of(corpus);
  const Followed own = follow(*protocol_named("ascend-gru"), *model, batch, 0);
  const OutputLayer output = model->output();
  const auto said = argmax(linear(own.rows, output.weight, output.bias), -1).to_vector<int64_t>();
  const IdRow read = own.inputs.ids.to_vector<int32_t>();
  for (size_t i = 16; i < read.size(); ++i) CHECK(read[i] == said[i - 16]);
}

TEST_CASE("ascend-gru: batches hold pairs of any lengths, and the smaller one of an epoch is left out") {
  const auto model = small_ascend();
  data::EncodedCorpus corpus;
  for (int32_t n = 0; n < 42; ++n) {
    corpus.source.emplace_back(static_cast<size_t>(1 + n), 5);
    corpus.target.emplace_back(static_cast<size_t>(1 + n), 6);
  }
  TrainOptions options;
  options.batch_sentences = 4;
  const auto widest = [&](const char* protocol) {
    options.protocol = protocol;
    PairSource source(options, *model, corpus, {}, [](std::string_view) {});
    source.start(0, 0);
    int64_t widest = 0, batches = 0;
    for (; source.next(); ++batches) {
      std::vector<int64_t> lengths = source.batch().inputs.lengths.lengths();
      const auto [least, most] = std::minmax_element(lengths.begin(), lengths.end());
      widest = std::max(widest, *most - *least);
    }
    return std::pair(widest, batches);
  };
  CHECK(widest("").first <= 3);
  CHECK(widest("").second == 11);
  CHECK(widest("ascend-gru").first > 10);
  CHECK(widest("ascend-gru").second == 10);
}

TEST_CASE("ascend-gru: gradients of words that the decoder chose flow through the recorded pass") {
  const auto model = small_ascend();
  const PackedBatch batch = pairs_of({{{5, 6, 7}}, {{7, 8, 9}}});
  Tape tape;
  const BatchLoss loss = protocol_loss(*protocol_named("ascend-gru"), *model, batch, 0);
  tape.backward(loss.loss);
  for (const auto& [name, parameter] : model->module().named_parameters()) {
    double size = 0;
    for (const float g : parameter.grad().to_vector<float>()) size += std::abs(g);
    CHECK_MESSAGE(size > 0, name);
  }
}

TEST_CASE("ascend-gru: the validation loss is of the decoder's own words") {
  const auto model = small_ascend();
  const data::EncodedCorpus corpus{{{5, 6, 7}, {8, 9}}, {{7, 8, 9}, {10, 11}}};
  parallel::Communicator alone;
  const Protocol& protocol = *protocol_named("ascend-gru");
  const Likelihood free = likelihood(protocol, *model, corpus, alone);
  const PackedBatch batch = formed_batch(protocol, pairs_of(corpus));
  const Followed own = follow(protocol, *model, batch, 0);
  const OutputLayer output = model->output();
  const Tensor logits = linear(own.rows, output.weight, output.bias);
  CHECK(free.tokens == 7);
  CHECK(free.nll == doctest::Approx(cross_entropy(logits, batch.labels, {.reduction = Reduction::sum}).item()));
  Protocol forced = protocol;
  forced.validation = Protocol::Validation::forced;
  CHECK(likelihood(forced, *model, corpus, alone).nll != doctest::Approx(free.nll));
}

TEST_CASE("ascend-gru: a translation loses its last word where <eos> did not come in 50 steps") {
  const data::Codec codec = data::Codec::learn({std::vector<std::string>{"a b c"}}, {.kind = "space", .size = 0});
  const Codecs codecs{codec, codec, false};
  NoAttentionOptions options = ascend_gru_options({codec.size(), codec.size()});
  Rng rng(1);
  NoAttention model("ascend-gru", "small", options, set_ascend_gru_weights, rng);
  model.module().eval();
  std::vector<float> bias(static_cast<size_t>(codec.size()), 0);
  bias[data::special_count] = 1;
  set_output(model, bias);
  std::string said;
  for (int n = 0; n < 49; ++n) said += n ? " a" : "a";
  const Protocol& protocol = *protocol_named("ascend-gru");
  CHECK(judge(protocol, model, codecs, {{"b"}, {{said}}}).bleu == doctest::Approx(100));
  CHECK(judge(protocol, model, codecs, {{"b"}, {{said + " a"}}}).bleu < 99.9);
}

TEST_CASE("ascend-gru: all parameters are drawn from N(0, 0.01^2), biases too") {
  Rng rng(1);
  EncoderDecoder model(ascend_gru_options({100, 100}).network, rng);
  set_ascend_gru_weights(model, rng);
  for (const auto& [name, parameter] : model.named_parameters()) {
    double squares = 0;
    for (const float value : parameter.value().to_vector<float>()) squares += static_cast<double>(value) * value;
    const double deviation = std::sqrt(squares / static_cast<double>(parameter.numel()));
    CHECK_MESSAGE(deviation > 0.008, name);
    CHECK_MESSAGE(deviation < 0.012, name);
  }
}
