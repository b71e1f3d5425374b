// What each option of a protocol does, on made models and texts.
#include "seq2seq/protocols/protocol.h"

#include <doctest/doctest.h>

#include <fmt/format.h>

#include <cmath>
#include <functional>
#include <set>

#include "nn/gru.h"
#include "ops/loss/loss.h"
#include "ops/math/elementwise.h"
#include "ops/math/reduce.h"
#include "ops/math/shape.h"
#include "seq2seq/first_weights.h"
#include "seq2seq/protocols/clipped_adam.h"
#include "seq2seq/protocols/mindspore_gru.h"
#include "seq2seq/protocols/padding.h"
#include "tests/seq2seq/small.h"

using namespace grus;
using namespace grus::seq2seq;
using grus::test::pairs_of;
using grus::test::set_output;

namespace {

using IdRow = std::vector<int32_t>;

const Protocol& mindspore() { return protocols().front(); }

MindsporeGru small_mindspore(int64_t words = 20) {
  Rng rng(1);
  MindsporeGru model({.source_words = words, .target_words = words, .embedding = 6, .hidden = 8}, rng);
  model.eval();
  return model;
}

}  // namespace

TEST_CASE("protocols: a padded source is its marks, its words and <pad> to 32 ids, and a longer one has no <pad>") {
  const Tokens padded = formed_source(pack_tokens(std::vector<IdRow>{{7, 8}}), {.length = 32});
  IdRow expected(32, data::PAD);
  expected[0] = data::SOS, expected[1] = 7, expected[2] = 8, expected[3] = data::EOS;
  CHECK(padded.ids.to_vector<int32_t>() == expected);
  CHECK(formed_source(pack_tokens(std::vector<IdRow>{IdRow(40, 9)}), {.length = 32}).lengths.longest() == 42);
}

TEST_CASE("protocols: a source has the marks and the fillings of its form, and marks that it has already once") {
  const Tokens words = pack_tokens(std::vector<IdRow>{{7, 8}});
  const SourceForm letters{.marks = {.sos = false, .eos = false}, .length = 4, .fill = 4};
  CHECK(formed_source(words, letters).ids.to_vector<int32_t>() == IdRow{7, 8, 4, 4});
  CHECK(formed_source(words, {.marks = {.sos = false, .eos = true}}).ids.to_vector<int32_t>() ==
        IdRow{7, 8, data::EOS});
  const Tokens marked = marked_source(words);
  CHECK(marked.ids.to_vector<int32_t>() == IdRow{data::SOS, 7, 8, data::EOS});
  CHECK(marked_source(marked).ids.to_vector<int32_t>() == marked.ids.to_vector<int32_t>());
}

TEST_CASE("protocols: padded targets say <pad> behind <eos>, and read what they said before") {
  const PackedBatch padded = padded_targets(pairs_of({{{5}, {6}}, {{7, 8}, {9}}}), 4);
  CHECK(padded.inputs.lengths.lengths() == std::vector<int64_t>{4, 4});
  CHECK(padded.inputs.ids.to_vector<int32_t>() ==
        IdRow{data::SOS, data::SOS, 7, 9, 8, data::EOS, data::EOS, data::PAD});
  CHECK(padded.labels.to_vector<int32_t>() == IdRow{7, 9, 8, data::EOS, data::EOS, data::PAD, data::PAD, data::PAD});
  CHECK_THROWS_AS(padded_targets(pairs_of({{{5}}, {{7, 8, 9, 10}}}), 4), UsageError);
}

TEST_CASE("mindspore-gru: attention looks at marks and <pad>, too, and gives the weights of words") {
  MindsporeGru model = small_mindspore();
  set_zero(model.attention.v);  // all 32 places alike
  const Architecture::Forced forced =
      model.forward_rows(pack_tokens(std::vector<IdRow>{{7, 8, 9}}), pack_tokens(std::vector<IdRow>{{2, 5}}));
  REQUIRE(forced.weights.shape() == Shape{2, 3});
  for (const float weight : forced.weights.to_vector<float>()) CHECK(weight == doctest::Approx(1.0 / 32));
}

TEST_CASE("mindspore-gru: the state before reaches a step through its attention alone") {
  MindsporeGru model = small_mindspore();
  const auto rows = [&](double state) {
    const auto decoder = model.decode(pack_tokens(std::vector<IdRow>{{7, 8, 9}}));
    return decoder->step(Tensor::from(IdRow{5}), {Tensor::full({1, 8}, state)}, {0}).rows.to_vector<float>();
  };
  set_normal(model.attention.v, default_rng(), 1);
  CHECK(rows(0) != rows(2));
  set_zero(model.attention.v);
  CHECK(rows(0) == rows(2));
}

TEST_CASE("mindspore-gru: a step is that of a GRU from a state of zeros") {
  MindsporeGru model = small_mindspore();
  set_zero(model.attention.v);
  Rng rng(3);
  nn::GruCell gru({.input = 6 + 16, .hidden = 8}, rng);
  gru.weights.weight_ih.assign(model.gates.weight.value());
  gru.weights.bias_ih.assign(model.gates.bias.value());
  std::vector<float> bias(24, 0);
  const std::vector<float> candidate = model.candidate_bias.value().to_vector<float>();
  std::copy(candidate.begin(), candidate.end(), bias.begin() + 16);
  gru.weights.bias_hh.assign(Tensor::from(bias));
  const Architecture::Forced forced =
      model.forward_rows(pack_tokens(std::vector<IdRow>{{7, 8, 9}}), pack_tokens(std::vector<IdRow>{{2}}));
  const Tensor word = forced.rows.columns(0, 6), state = forced.rows.columns(6, 14), context = forced.rows.columns(14);
  const auto expected = gru(concat({word, context}, 1)).to_vector<float>(), got = state.to_vector<float>();
  for (size_t i = 0; i < got.size(); ++i) CHECK(got[i] == doctest::Approx(expected[i]).epsilon(1e-5));
}

TEST_CASE("protocols: <pad> counts in the loss, which is the mean over 31 steps times 31/32") {
  MindsporeGru model = small_mindspore();
  std::vector<float> bias(20, 0);
  bias[data::PAD] = 3;
  set_output(model, bias);
  Protocol plain = mindspore();
  plain.logits_dropout = 0;
  const PackedBatch batch = padded_targets(pairs_of({{{5}}, {{7, 8}}}), 31);  // 3 labels, then 28 times <pad>
  const double all = std::log(std::exp(3.0) + 19), expected = (31 * all - 28 * 3) / 32;
  CHECK(protocol_loss(plain, model, batch, 1).loss.item() == doctest::Approx(expected));
}

TEST_CASE("protocols: dropout of logits acts on what the softmax sees") {
  MindsporeGru model = small_mindspore();
  set_output(model, std::vector<float>(20, 1));  // a kept logit is 1 / 0.7, a dropped one 0
  const PackedBatch batch = padded_targets(pairs_of({{{5}}, {{7, 8}}}), 31);
  Protocol plain = mindspore();
  plain.logits_dropout = 0;
  CHECK(protocol_loss(plain, model, batch, 1).loss.item() == doctest::Approx(std::log(20) * 31 / 32));
  manual_seed(5);
  const Tensor mask = random_keep_mask({31, 20}, 0.3);
  manual_seed(5);
  const double loss = protocol_loss(mindspore(), model, batch, 1).loss.item();
  CHECK(loss == doctest::Approx(cross_entropy(mask, batch.labels).item() * 31 / 32));
}

TEST_CASE("protocols: sentences read the truth, or from their second step on what the masked logits say") {
  MindsporeGru model = small_mindspore();
  set_output(model, std::vector<float>(20, 1));
  data::EncodedCorpus corpus;
  for (int32_t n = 0; n < 40; ++n) corpus.source.push_back({5, 6}), corpus.target.push_back({8, 9, 10});
  const PackedBatch batch = pairs_of(corpus);
  std::vector<float> kept(static_cast<size_t>(batch.labels.numel()) * 20, 1);
  for (size_t row = 0; row < kept.size() / 20; ++row) kept[row * 20 + 7] = 2;
  const Tensor mask = Tensor::from(kept, {batch.labels.numel(), 20});
  const auto read = [&](bool by_sentence, double teacher_forcing) {
    Protocol protocol = mindspore();
    protocol.forces_sentences = by_sentence;
    manual_seed(1);
    const IdRow packed = follow(protocol, model, batch, teacher_forcing, mask).inputs.ids.to_vector<int32_t>();
    std::set<IdRow> found;
    for (size_t n = 0; n < 40; ++n) found.insert({packed[n], packed[40 + n], packed[80 + n], packed[120 + n]});
    return found;
  };
  const IdRow truth = {data::SOS, 8, 9, 10}, own = {data::SOS, 7, 7, 7};
  CHECK(read(true, 1) == std::set<IdRow>{truth});
  CHECK(read(true, 0) == std::set<IdRow>{own});
  CHECK(read(true, 0.5) == std::set<IdRow>{truth, own});
  CHECK(read(false, 0.5).size() == 1);  // a step is the whole batch's
}

TEST_CASE("protocols: each gradient is limited by its own norm") {
  const auto trained = [](double limit, double large, double small) {
    nn::Parameter a(Tensor::from(std::vector<float>{1, 1})), b(Tensor::from(std::vector<float>{1, 1}));
    const nn::Parameters parameters = {{"a", a}, {"b", b}};
    const optim::AdamOptions options{.lr = 0.1};
    std::unique_ptr<optim::Optimizer> adam;
    if (limit > 0) adam = std::make_unique<ClippedAdam>(parameters, options, limit);
    else adam = std::make_unique<optim::Adam>(parameters, options);
    for (const double scale : {large, small}) {
      Tape tape;
      const Tensor ratio = Tensor::from(std::vector<float>{0.6f, 0.8f});
      tape.backward(sum(a * ratio) * scale + sum(b * ratio) * small);
      adam->step();
      adam->zero_grad();
    }
    std::vector<float> values = a.value().to_vector<float>();
    for (const float value : b.value().to_vector<float>()) values.push_back(value);
    return values;
  };
  const std::vector<float> clipped = trained(1, 10, 0.5), by_hand = trained(0, 1, 0.5), free = trained(0, 10, 0.5);
  for (size_t i = 0; i < 4; ++i) CHECK(clipped[i] == doctest::Approx(by_hand[i]).epsilon(1e-5));
  CHECK(std::abs(clipped[0] - free[0]) > 1e-3);
}

TEST_CASE("protocols: a gradient is limited with its factors, and a factor of 0 changes nothing") {
  const auto trained = [](double gradient, const std::function<void(ClippedAdam&)>& step) {
    nn::Parameter a(Tensor::from(std::vector<float>{1, 1}));
    const nn::Parameters parameters = {{"a", a}};
    ClippedAdam adam(parameters, {.lr = 0.1, .eps = 1}, 1);
    Tape tape;
    tape.backward(sum(a * Tensor::from(std::vector<float>{0.6f, 0.8f})) * gradient);
    step(adam);
    return a.value().to_vector<float>();
  };
  const auto plain = [](ClippedAdam& adam) { adam.step(); };
  const auto halved = [](ClippedAdam& adam) { adam.step(Tensor::full({}, 0.5)); };
  const auto none = [](ClippedAdam& adam) { adam.step(Tensor::zeros({})); };
  for (const double gradient : {0.25, 0.5, 4.0}) {
    const std::vector<float> once = trained(gradient, plain), twice = trained(2 * gradient, halved);
    for (size_t i = 0; i < 2; ++i) CHECK(twice[i] == doctest::Approx(once[i]).epsilon(1e-6));
  }
  CHECK(trained(0.25, plain) != trained(0.5, plain));
  CHECK(trained(4, none) == std::vector<float>{1, 1});
}

TEST_CASE("protocols: words are counted in all splits, where a protocol does so") {
  Corpora corpora;
  corpora.train = {{"a"}, {"A"}};
  corpora.valid = {{"b"}, {{"B", "other"}}};
  corpora.test = {{"c"}, {{"C"}}};
  TrainOptions options;
  CHECK(vocabulary_text(options, corpora).source == std::vector<std::string>{"a"});
  options.protocol = "mindspore-gru";
  CHECK(vocabulary_text(options, corpora).source == std::vector<std::string>{"a", "c", "b"});
  CHECK(vocabulary_text(options, corpora).target == std::vector<std::string>{"A", "C", "B"});
}

TEST_CASE("protocols: a test leaves long pairs out, says <unk>, and finds it in references through the vocabulary") {
  const data::Codec codec = data::Codec::learn({std::vector<std::string>{"a b c"}}, {.kind = "space", .size = 0});
  const Codecs codecs{codec, codec, false};
  MindsporeGru model = small_mindspore(codec.size());
  std::vector<float> bias(static_cast<size_t>(codec.size()), 0);
  bias[data::UNK] = 1;
  set_output(model, bias);
  std::string thirty;
  for (int n = 0; n < 30; ++n) thirty += fmt::format("{}rare{}", n ? " " : "", n);
  const data::ReferenceCorpus text{{"a b", "a", thirty + " a"}, {{thirty}, {thirty + " a"}, {"a"}}};
  Protocol protocol = mindspore();
  protocol.most_steps = 30;
  CHECK(judge(protocol, model, codecs, text).pairs == 1);
  CHECK(judge(protocol, model, codecs, text).bleu == doctest::Approx(100));
  protocol.references_through_vocabulary = false;
  CHECK(judge(protocol, model, codecs, text).bleu < 1);
  protocol.most_words = 0;
  CHECK(judge(protocol, model, codecs, text).pairs == 3);
}

TEST_CASE("protocols: mindspore-gru warms up from a third of its rate and decays as its formula says") {
  const optim::Schedule factor = mindspore().schedule(54210);
  CHECK(factor(0) == doctest::Approx(1.0 / 3));
  CHECK(factor(150) == doctest::Approx(2.0 / 3));
  // worked out by the formula: 0.501632 * (1 + cos(0.94 pi * 27165 / 53910)) / 2 + 1e-5 at 27,165
  const double s = 27165, d = 53910, cosine = std::cos(2 * 3.14159265358979 * 0.47 * s / d);
  CHECK(factor(27165) == doctest::Approx((54210 - s) / d * 0.5 * (1 + cosine) + 1e-5));
  CHECK(factor(54209) < 1e-4);
}
