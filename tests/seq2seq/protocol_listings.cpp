// The rules of the two listings, on made models and texts.
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
#include "seq2seq/protocols/keras_listing.h"
#include "seq2seq/protocols/padding.h"
#include "seq2seq/protocols/protocol.h"
#include "seq2seq/protocols/pytorch_listing.h"
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

PytorchListing small_listing(int64_t words = 20) {
  Rng rng(1);
  PytorchListing model({.source_words = words, .target_words = words, .hidden = 6, .dropout = 0}, rng);
  model.eval();
  return model;
}

}  // namespace

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
