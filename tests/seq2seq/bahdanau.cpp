#include <doctest/doctest.h>

#include <cmath>

#include "ops/elementwise.h"
#include "ops/reduce.h"
#include "seq2seq/bahdanau.h"
#include "seq2seq/likelihood.h"
#include "tests/seq2seq/small.h"

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

TEST_CASE("bahdanau: tied embeddings are one matrix") {
  ModelOptions options = test::small_options();
  for (const auto& [tie, copies] : {std::pair("all", 1), std::pair("output", 2), std::pair("none", 3)}) {
    options.tie = tie;
    const auto untied = test::small_model(options)->module().parameter_count();
    options.tie = "all";
    CHECK(untied - test::small_model(options)->module().parameter_count() == (copies - 1) * 20 * 12);
  }
}

TEST_CASE("bahdanau: every variant's gradients reach every parameter") {
  for (const std::string decoder : {"conditional", "single"})
    for (const std::string state : {"new", "previous"})
      for (const std::string start : {"mean", "backward"})
        for (const std::string readout : {"tanh", "maxout"}) {
          ModelOptions options = test::small_options();
          options.decoder = decoder, options.readout_state = state;
          options.initial_state = start, options.readout = readout;
          const auto model = test::small_model(options);
          const data::EncodedCorpus corpus = test::small_corpus(6);
          const PackedBatch batch = pack_batch(data::make_batch(corpus, {0, 1, 2, 3, 4, 5}, source_marks));
          Tape tape;
          tape.backward(loss_of(*model, batch, 0.1).loss);
          for (const auto& [name, parameter] : model->module().named_parameters()) {
            CAPTURE(decoder + " " + state + " " + start + " " + readout + " " + name);
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
  const PackedBatch batch = pack_batch(data::make_batch(corpus, {0, 1, 2, 3, 4}, source_marks));
  const auto ids = [](const PackedBatch& b) { return b.inputs.ids.to_vector<int32_t>(); };
  CHECK(ids(with_own_words(*model, batch, 1)) == ids(batch));
  const std::vector<int32_t> own = ids(with_own_words(*model, batch, 0)), given = ids(batch);
  for (size_t i = 0; i < 5; ++i) CHECK(own[i] == data::SOS);
  CHECK(own != given);
  CHECK(own.size() == given.size());
}

TEST_CASE("bahdanau: gradients are the slopes of the loss, ties and dropout included") {
  for (const std::string tie : {"all", "none"}) {
    ModelOptions options = test::small_options();
    options.tie = tie;
    options.dropout = 0.35;
    const auto model = test::small_model(options);
    model->module().train();
    const data::EncodedCorpus corpus = test::small_corpus(7);
    const PackedBatch batch = pack_batch(data::make_batch(corpus, {0, 1, 2, 3, 4, 5, 6}, source_marks));
    const auto loss = [&] {
      manual_seed(3);
      return loss_of(*model, batch, 0.1).loss;
    };
    {
      Tape tape;
      tape.backward(loss());
    }
    Rng rng(5);
    for (auto& [name, parameter] : model->module().named_parameters()) {
      nn::Parameter p = parameter;
      const Tensor value = p.value().clone(), direction = random_normal(p.shape(), 0, 1, rng);
      const double step = 3e-3;
      p.assign(value + direction * step);
      const double above = loss().item();
      p.assign(value - direction * step);
      const double below = loss().item();
      p.assign(value);
      const double slope = sum(p.grad() * direction).item();
      CAPTURE(name);
      CHECK((above - below) / (2 * step) == doctest::Approx(slope).epsilon(0.02).scale(0.05));
    }
  }
}
