// The rules of ascend-gru and of the two listings, on made models and texts.
#include "seq2seq/protocols/listings.h"

#include <doctest/doctest.h>

#include <fmt/format.h>

#include <cmath>
#include <set>

#include "nn/gru.h"
#include "nn/lstm.h"
#include "ops/loss/loss.h"
#include "ops/math/elementwise.h"
#include "ops/math/matmul.h"
#include "ops/math/reduce.h"
#include "ops/math/shape.h"
#include "ops/math/softmax.h"
#include "seq2seq/first_weights.h"
#include "seq2seq/option_table.h"
#include "seq2seq/protocols/ascend_gru.h"
#include "seq2seq/protocols/keras_listing.h"
#include "seq2seq/protocols/padding.h"
#include "seq2seq/protocols/protocol.h"
#include "seq2seq/protocols/pytorch_listing.h"
#include "seq2seq/trainer.h"
#include "tests/data/files.h"
#include "tests/seq2seq/small.h"

using namespace grus;
using namespace grus::seq2seq;
using grus::test::message_of;
using grus::test::pairs_of;

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

PytorchListing small_listing(int64_t words = 20) {
  Rng rng(1);
  PytorchListing model({.source_words = words, .target_words = words, .hidden = 6, .dropout = 0}, rng);
  model.eval();
  return model;
}

void check_close(const Tensor& a, const Tensor& b) {
  const auto left = a.to_vector<float>(), right = b.to_vector<float>();
  REQUIRE(left.size() == right.size());
  for (size_t i = 0; i < left.size(); ++i) CHECK(left[i] == doctest::Approx(right[i]).epsilon(1e-5));
}

// The output says what the bias says, whatever the model reads.
template <class Model>
void set_output(Model& model, const std::vector<float>& bias) {
  const OutputLayer output = model.output();
  for (auto& [name, parameter] : model.module().named_parameters()) {
    nn::Parameter handle = parameter;
    if (handle.shape() == output.weight.shape() && name.find("out") != std::string::npos) set_zero(handle);
    if (handle.shape() == output.bias.shape() && name.find("out") != std::string::npos)
      handle.assign(Tensor::from(bias, {std::ssize(bias)}));
  }
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

TEST_CASE(
    "ascend-gru: training and validation read <pad> behind a source up to 46 ids, and its loss leaves targets bare") {
  const Protocol& protocol = *protocol_named("ascend-gru");
  const PackedBatch batch = formed_batch(protocol, pairs_of({{{5}}, {{7, 8}}}));
  IdRow expected(46, data::PAD);
  expected[0] = data::SOS, expected[1] = 5, expected[2] = data::EOS;
  CHECK(batch.source.ids.to_vector<int32_t>() == expected);
  CHECK(batch.labels.to_vector<int32_t>() == IdRow{7, 8, data::EOS});
  const auto model = small_ascend();
  const Tensor bare = model->summary(pack_tokens(std::vector<IdRow>{{5}}));
  CHECK(bare.to_vector<float>() != model->summary(batch.source).to_vector<float>());
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

TEST_CASE("keras-listing: letters are unit vectors, which stay as they are, and first values are Keras'") {
  Rng rng(1);
  NoAttentionOptions options = keras_listing_options({30, 40});
  options.network.hidden = 16;
  EncoderDecoder model(options.network, rng);
  set_keras_listing_weights(model, rng);
  check_close(model.source_embedding(Tensor::from(IdRow{5})), Tensor::eye(40).rows(5, 6));
  std::set<std::string> frozen;
  for (const auto& [name, parameter] : model.named_parameters())
    if (!parameter.requires_grad()) frozen.insert(name);
  CHECK(frozen == std::set<std::string>{"source_embedding.weight", "target_embedding.weight", "encoder.bias_hh_l0",
                                        "decoder.bias_hh_l0"});
  const Tensor hh = model.encoder.cell(0).weight_hh.value();  // (64, 16)
  check_close(matmul(transpose(hh, 0, 1), hh) + 1, Tensor::eye(16) + 1);
  const std::vector<float> bias = model.encoder.cell(0).bias_ih.value().to_vector<float>();
  CHECK(bias[15] == 0);
  CHECK(bias[16] == 1);
  CHECK(bias[32] == 0);
  const double bound = std::sqrt(6.0 / (30 + 64));
  float largest = 0;
  for (const float w : model.encoder.cell(0).weight_ih.value().to_vector<float>())
    largest = std::max(largest, std::abs(w));
  CHECK(largest <= bound);
  CHECK(largest > 0.98 * bound);
}

TEST_CASE("keras-listing: spaces behind a source are read, and those behind a target are read and count") {
  Rng rng(1);
  NoAttention model("keras-listing", "small", keras_listing_options({10, 10}), set_keras_listing_weights, rng);
  IdRow filled(16, space_letter);
  filled[0] = 7;
  check_close(model.summary(pack_tokens(std::vector<IdRow>{{7}})),
              model.summary(pack_tokens(std::vector<IdRow>{filled})));
  const PackedBatch batch = formed_batch(*protocol_named("keras-listing"), pairs_of({{{7}}, {{8}}}));
  CHECK(batch.labels.numel() == 59);
  const IdRow labels = batch.labels.to_vector<int32_t>(), inputs = batch.inputs.ids.to_vector<int32_t>();
  CHECK(IdRow(labels.begin(), labels.begin() + 4) == IdRow{8, data::EOS, space_letter, space_letter});
  CHECK(IdRow(inputs.begin(), inputs.begin() + 4) == IdRow{data::SOS, 8, data::EOS, space_letter});
  CHECK(labels.back() == space_letter);
}

TEST_CASE("keras-listing: right letters are counted in the protocol's form") {
  const data::Codec codec = data::Codec::learn({std::vector<std::string>{"   ab"}}, {.kind = "verbatim", .size = 0});
  Rng rng(1);
  NoAttention model("keras-listing", "small", keras_listing_options({codec.size(), codec.size()}),
                    set_keras_listing_weights, rng);
  model.module().eval();
  std::vector<float> bias(static_cast<size_t>(codec.size()), 0);
  bias[space_letter] = 3;
  set_output(model, bias);
  const ProtocolTest test = judge(*protocol_named("keras-listing"), model, {codec, codec, false}, {{"ab"}, {{"ba"}}});
  const double all = std::log(std::exp(3.0) + static_cast<double>(codec.size()) - 1);
  CHECK(test.right_share == doctest::Approx(56.0 / 59));  // all but b, a and the end
  CHECK(test.loss == doctest::Approx(all - 3 * 56.0 / 59));
}

TEST_CASE("keras-listing: 10,000 lines are split at four fifths, and the test has the unseen sources once each") {
  const grus::test::Folder folder;
  std::string lines;
  for (int n = 0; n < 10001; ++n) {
    const int source = n == 8000 ? 7999 : n == 9999 ? 9998 : n;
    lines += fmt::format("s{}\tt{}\tfurther\n", source, n);
  }
  TrainOptions options;
  options.protocol = "keras-listing";
  options.train = folder.file("fra.txt", lines);
  const Corpora corpora = read_texts(options);
  CHECK(corpora.train.size() == 8000);
  CHECK(corpora.train.target.back() == "t7999");
  CHECK(corpora.valid.size() == 2000);
  CHECK(corpora.valid.references.front() == std::vector<std::string>{"t8000"});
  CHECK(corpora.test.size() == 1998);  // s7999 is in training, s9998 stands twice
  CHECK(corpora.test.references.back() == std::vector<std::string>{"t9998", "t9999"});
  CHECK(vocabulary_text(options, corpora).source.size() == 8000 + 1998 + 2000);
  options.train = folder.file("long.txt", "a\tb\na\tb\nabcdefghijklmnopq\tc\na\tb\na\tb\n");
  CHECK(message_of<DataError>([&] { read_texts(options); }) ==
        options.train + ":3: need at most 16 letters because of --protocol keras-listing, got 17");
  options.train = folder.file("few.txt", "a\tb\n");
  CHECK(message_of<DataError>([&] { read_texts(options); }) ==
        options.train + ": need 5 lines at least because of --protocol keras-listing, got 1");
}

TEST_CASE("keras-listing: the spaces that fill lines up count as text, so that the space is the first letter") {
  TrainOptions options;
  options.protocol = "keras-listing";
  options.tokenizer = "verbatim";
  options.model.tie = Tie::none;
  options.vocab = 0;
  Corpora corpora;
  corpora.train = {{"eeee"}, {"aaaaaa"}};
  const data::ParallelCorpus text = vocabulary_text(options, corpora);
  CHECK(text.source.front() == "eeee            ");
  CHECK(text.target.front().size() == 57);
  const Codecs codecs = learn_codecs(options, text, [](std::string_view) {});
  CHECK(codecs.source.encode(" ") == IdRow{space_letter});
  CHECK(training_pairs(options, corpora.train, codecs).size() == 1);
  const data::Codec other = data::Codec::learn({std::vector<std::string>{"ee "}}, {.kind = "verbatim", .size = 0});
  CHECK(message_of<DataError>([&] {
          training_pairs(options, corpora.train, {other, other, false});
        }) == "[protocol] need a source text whose commonest letter is the space, got 'e'");
}

TEST_CASE("pytorch-listing: sentences become lower-case ASCII, with spaces before marks and for all else") {
  CHECK(ascii_sentence("Ça va\u202f?") == "ca va ?");
  CHECK(ascii_sentence(" I'm 19, \"you\" know... ") == "i m you know . . .");
  CHECK(ascii_sentence("«\u00a0Œuvre\u00a0»") == " uvre ");
  CHECK(ascii_sentence("ÉTÉ!") == "ete !");
}

TEST_CASE("pytorch-listing: French to English, fewer than 10 words a side, and twelve beginnings") {
  const grus::test::Folder folder;
  TrainOptions options;
  options.protocol = "pytorch-listing";
  options.train = folder.file("fra.txt",
                              "I'm cold.\tJ'ai froid.\n"
                              "Go.\tVa !\n"
                              "She saw it.\tElle l'a vu.\n"
                              "He is one two three four five six.\tUn.\n"
                              "He is one two three four five six seven.\tUn.\n"
                              "You're here.\tUn deux trois quatre cinq six sept huit neuf dix.\n");
  options.test = folder.file("test.txt", "I am cold.\tJ'ai froid.\nI am hot.\tJ'ai chaud.\nI'm hot.\tJ'ai chaud.\n");
  const Corpora corpora = read_texts(options);
  CHECK(corpora.train.source == std::vector<std::string>{"j ai froid .", "un ."});
  CHECK(corpora.train.target == std::vector<std::string>{"i m cold .", "he is one two three four five six ."});
  CHECK(corpora.valid.source == corpora.train.source);
  CHECK(corpora.test.source == std::vector<std::string>{"j ai chaud ."});
  CHECK(corpora.test.references.front() == std::vector<std::string>{"i am hot .", "i m hot ."});
  options.test = options.train;
  CHECK(message_of<DataError>([&] { read_texts(options); }) ==
        options.train + ": need sources that are not in " + options.train + ", got none");
  options.train = folder.file("none.txt", "Go.\tVa !\n");
  CHECK(message_of<DataError>([&] { read_texts(options); }) ==
        options.train +
            ": need ENGLISH<TAB>FRENCH pairs of fewer than 10 words that begin as 'I am' or 'He is', got none");
}

TEST_CASE("pytorch-listing: 75,000 pairs are drawn with replacement, and follow from the seed") {
  const data::Codec codec = data::Codec::learn({std::vector<std::string>{"a b c"}}, {.kind = "space", .size = 0});
  TrainOptions options;
  options.protocol = "pytorch-listing";
  const data::ParallelCorpus text{{"a", "b", "c"}, {"a", "b", "c"}};
  const auto drawn = [&](int64_t seed) {
    options.seed = seed;
    return training_pairs(options, text, {codec, codec, false});
  };
  const data::EncodedCorpus one = drawn(1);
  REQUIRE(one.size() == 75000);
  CHECK(one.source == drawn(1).source);
  CHECK(one.source != drawn(2).source);
  CHECK(one.source == one.target);
  const auto share = std::count(one.source.begin(), one.source.end(), one.source.front());
  CHECK(share > 24000);
  CHECK(share < 26000);
}

TEST_CASE("pytorch-listing: a step weighs places by word and state, and sees zeros behind a shorter source") {
  const PytorchListing model = small_listing();
  const Tokens source = pack_tokens(std::vector<IdRow>{{7, 8}});
  const auto encoded = model.encode(source);
  CHECK(encoded.states.shape() == Shape{1, 3, 6});  // two words and <eos>
  const Tensor word = model.target_embedding(Tensor::from(IdRow{2}));
  const Tensor weights = softmax(model.attention(concat({word, encoded.start}, 1)), -1);
  CHECK(weights.shape() == Shape{1, 10});
  const Tensor context = matmul(weights.columns(0, 3), encoded.states.reshape({3, 6}));
  Rng rng(3);
  nn::GruCell gru({.input = 6, .hidden = 6}, rng);
  gru.weights.weight_ih.assign(model.unit.weights.weight_ih.value());
  gru.weights.bias_ih.assign(model.unit.weights.bias_ih.value());
  gru.weights.weight_hh.assign(model.unit.weights.weight_hh.value());
  gru.weights.bias_hh.assign(model.unit.weights.bias_hh.value());
  const Tensor expected = gru(relu(model.combine(concat({word, context}, 1))), encoded.start);
  const Architecture::Forced forced = model.forward_rows(source, pack_tokens(std::vector<IdRow>{{2}}));
  check_close(forced.rows, expected);
  check_close(forced.weights, weights.columns(0, 2));
}

TEST_CASE("pytorch-listing: a longer source is read to its end, and looked at in 10 places") {
  const PytorchListing model = small_listing();
  const Tokens source = pack_tokens(std::vector<IdRow>{IdRow(14, 7), {8, 9}});
  CHECK(model.encode(source).states.dim(1) == 10);
  const Tensor weights = model.forward_rows(source, pack_tokens(std::vector<IdRow>{{2}, {2}})).weights;
  CHECK(weights.shape() == Shape{2, 14});
  CHECK(sum(weights.columns(10)).item() == 0);
}

TEST_CASE("pytorch-listing: a step at a time gives the rows of all steps at once") {
  const PytorchListing model = small_listing();
  const PackedBatch batch = pairs_of({{{5, 6, 7}, {8}, {9, 4}}, {{7, 8}, {9}, {10, 11, 12}}});
  manual_seed(1);
  Protocol protocol = *protocol_named("pytorch-listing");
  protocol.stops_at_own_eos = false;
  const Followed own = follow(protocol, model, batch, 0.5);
  check_close(own.rows, model.forward_rows(batch.source, own.inputs).rows);
}

TEST_CASE("pytorch-listing: steps behind the decoder's own <eos> cost nothing, and the loss is a sum over the others") {
  PytorchListing model = small_listing();
  std::vector<float> bias(20, 0);
  bias[data::EOS] = 2;
  set_output(model, bias);
  const PackedBatch batch = pairs_of({{{5}}, {{7, 8, 9}}});
  const Protocol& protocol = *protocol_named("pytorch-listing");
  const double all = std::log(std::exp(2.0) + 19);
  const BatchLoss own = protocol_loss(protocol, model, batch, 0);
  CHECK(own.loss.item() * 4 == doctest::Approx(all));  // the first of four steps
  CHECK(own.nll_sum.item() == doctest::Approx(all));
  CHECK(protocol_loss(protocol, model, batch, 1).loss.item() * 4 == doctest::Approx(4 * all - 2));
  const PackedBatch two = pairs_of({{{5}, {6}}, {{7, 8, 9}, {10}}});
  CHECK(follow(protocol, model, two, 0).counted == 2);
}

TEST_CASE("protocols: rmsprop's alpha is --beta2") {
  TrainOptions options;
  set_option(options, "optimizer", "rmsprop");
  options.beta2 = 0.75;
  options.learning_rate = 0.1;
  options.epsilon = 0;
  nn::Parameter w(Tensor::from(std::vector<float>{1}));
  const auto optimizer = make_optimizer(options, {{"w", w}});
  Tape tape;
  tape.backward(sum(w * 3.0));
  optimizer->step();
  CHECK(w.value().item() == doctest::Approx(1 - 0.1 / 0.5));  // g / sqrt(0.25 g^2)
}
