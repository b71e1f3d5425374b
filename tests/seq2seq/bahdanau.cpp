#include <doctest/doctest.h>

#include <cmath>

#include "ops/math/elementwise.h"
#include "ops/math/reduce.h"
#include "seq2seq/bahdanau.h"
#include "seq2seq/likelihood.h"
#include "seq2seq/option_table.h"
#include "tests/seq2seq/slopes.h"

using namespace grus;
using namespace grus::seq2seq;

namespace {

// Appendix A.2 of Bahdanau et al. 2014: matrices as the paper lists them (n hidden, m embedding, l maxout, k words),
// and the biases it leaves out "to increase readability": two vectors a gate (they only ever add up), and one each for
// W_s, W_a, the readout and the output.
int64_t paper_parameters(int64_t n, int64_t m, int64_t l, int64_t words) {
  const int64_t encoder = words * m + 2 * 3 * (n * m + n * n);
  const int64_t start = n * n;
  const int64_t alignment = n + n * n + n * 2 * n;                      // v_a, W_a, U_a
  const int64_t decoder = words * m + 3 * (n * m + n * n + n * 2 * n);  // E, W, U, C
  const int64_t readout = 2 * l * n + 2 * l * m + 2 * l * 2 * n;        // U_o, V_o, C_o
  const int64_t output = words * l;                                     // W_o
  const int64_t biases = 3 * 3 * 2 * n + n + n + 2 * l + words;
  return encoder + start + alignment + decoder + readout + output + biases;
}

ModelOptions paper_options() {
  TrainOptions options;
  use_paper_recipe(options);
  return options.model;
}

}  // namespace

TEST_CASE("bahdanau: --paper has the paper's number of parameters") {
  Rng rng(1);
  const auto model = make_architecture(paper_options(), {30000, 30000}, rng);
  CHECK(model->module().parameter_count() == paper_parameters(1000, 620, 500, 30000));
}

TEST_CASE("bahdanau: the default has the recipe's 6.2 million parameters") {
  Rng rng(1);
  CHECK(make_architecture({}, {6000, 6000}, rng)->module().parameter_count() == 6206064);
}

TEST_CASE("bahdanau: the paper's first weights are those of its appendix B.1") {
  ModelOptions options = paper_options();
  options.embedding = options.hidden = options.encoder = options.attention = options.readout_size = 40;
  const auto model = test::small_model(options);
  for (const auto& [name, parameter] : model->module().named_parameters()) {
    CAPTURE(name);
    double squares = 0;
    for (const float w : parameter.value().to_vector<float>()) squares += double{w} * double{w};
    const double deviation = std::sqrt(squares / static_cast<double>(parameter.numel()));
    if (name == "v" || name.find("bias") != std::string::npos) CHECK(deviation == 0);
    else if (name.find("weight_hh") != std::string::npos) CHECK(deviation == doctest::Approx(1 / std::sqrt(40.0)));
    else
      CHECK(deviation == doctest::Approx(name == "query.weight" || name == "key.weight" ? 0.001 : 0.01).epsilon(0.1));
  }
}

TEST_CASE("bahdanau: a model is made of typed options, and what they cannot be is said") {
  Rng rng(1);
  const Bahdanau model({.source_words = 9, .target_words = 11, .embedding = 4, .hidden = 6, .tie = Tie::output}, rng);
  CHECK(model.options.encoder == 3);
  CHECK(model.options.attention == 6);
  CHECK(model.output().weight.shape() == Shape{11, 4});
  CHECK(test::message_of<UsageError>([&] {
          Bahdanau({.source_words = 9, .target_words = 9, .embedding = 4, .hidden = 6, .readout_size = 5}, rng);
        }) == "[Bahdanau] need a readout of the embedding's size 4 for tied weights, got 5");
  CHECK(test::message_of<UsageError>([&] {
          Bahdanau({.source_words = 9, .target_words = 11, .embedding = 4, .hidden = 6}, rng);
        }) == "[Bahdanau] need one vocabulary where the source's embedding is tied too, got 9 and 11 words");
}

TEST_CASE("bahdanau: tied embeddings are one matrix") {
  ModelOptions options = test::small_options();
  for (const auto& [tie, copies] : {std::pair(Tie::all, 1), std::pair(Tie::output, 2), std::pair(Tie::none, 3)}) {
    options.tie = tie;
    const auto untied = test::small_model(options)->module().parameter_count();
    options.tie = Tie::all;
    CHECK(untied - test::small_model(options)->module().parameter_count() == (copies - 1) * 20 * 12);
  }
}

TEST_CASE("bahdanau: every variant's gradients reach every parameter") {
  using Flag = ModelOptions;
  for (const auto decoder : {DecoderCell::conditional, DecoderCell::single})
    for (const auto state : {ReadoutState::after, ReadoutState::before})
      for (const auto start : {Flag::InitialState::mean, Flag::InitialState::backward})
        for (const auto readout : {Flag::Readout::tanh, Flag::Readout::maxout}) {
          ModelOptions options = test::small_options();
          options.decoder = decoder, options.readout_state = state;
          options.initial_state = start, options.readout = readout;
          const auto model = test::small_model(options);
          const data::EncodedCorpus corpus = test::small_corpus(6);
          const PackedBatch batch = to_device(data::make_batch(corpus, {0, 1, 2, 3, 4, 5}, source_marks));
          Tape tape;
          tape.backward(loss_of(*model, batch, 0.1).loss);
          for (const auto& [name, parameter] : model->module().named_parameters()) {
            CAPTURE(text_of(options, "decoder") + " " + text_of(options, "readout-state"));
            CAPTURE(text_of(options, "initial-state") + " " + text_of(options, "readout") + " " + name);
            REQUIRE(parameter.grad().defined());
            double largest = 0;
            for (const float g : parameter.grad().to_vector<float>()) largest = std::max(largest, std::abs(double{g}));
            CHECK(largest > 0);
            CHECK(std::isfinite(largest));
          }
        }
}

TEST_CASE("bahdanau: a pair's loss is the same alone and padded by longer ones") {
  for (const bool paper : {false, true}) {
    ModelOptions options = paper ? paper_options() : test::small_options();
    options.embedding = options.hidden = options.readout_size = 16;
    options.encoder = options.attention = 16;
    const auto model = test::small_model(options);
    const data::EncodedCorpus corpus = test::small_corpus(9);
    const std::vector<double> together = log_probabilities(*model, corpus);
    double sum = 0;
    for (size_t n = 0; n < 9; ++n) {
      const std::vector<double> alone = log_probabilities(*model, {{corpus.source[n]}, {corpus.target[n]}});
      CHECK(alone[0] == doctest::Approx(together[n]).epsilon(1e-5));
      sum += alone[0];
    }
    CHECK(likelihood(*model, corpus).nll == doctest::Approx(-sum).epsilon(1e-5));
  }
}

TEST_CASE("teacher forcing: 1 changes no input, 0 feeds the model's own words from the second on") {
  const auto model = test::small_model();
  const data::EncodedCorpus corpus = test::small_corpus(5);
  const PackedBatch batch = to_device(data::make_batch(corpus, {0, 1, 2, 3, 4}, source_marks));
  const auto ids = [](const PackedBatch& b) { return b.inputs.ids.to_vector<int32_t>(); };
  CHECK(ids(with_own_words(*model, batch, 1)) == ids(batch));
  const std::vector<int32_t> own = ids(with_own_words(*model, batch, 0)), given = ids(batch);
  for (size_t i = 0; i < 5; ++i) CHECK(own[i] == data::SOS);
  CHECK(own != given);
  CHECK(own.size() == given.size());
}

TEST_CASE("bahdanau: gradients are the slopes of the loss, ties and dropout included") {
  for (const Tie tie : {Tie::all, Tie::none}) {
    ModelOptions options = test::small_options();
    options.tie = tie;
    options.dropout = 0.35;
    test::check_slopes(*test::small_model(options));
  }
}
