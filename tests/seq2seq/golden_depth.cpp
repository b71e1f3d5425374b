// Deep LSTMs with Luong's scores against PyTorch: rows, attention, loss and every gradient.
#include "ops/sequence/sequence.h"
#include "seq2seq/bahdanau.h"
#include "seq2seq/likelihood.h"
#include "tests/support/golden.h"

using namespace grus;
using namespace grus::seq2seq;
using test::difference;

namespace {

/// Returns the columns of padded ids (T, B), each of its length, packed.
Tokens packed(const Tensor& padded, const std::vector<int64_t>& lengths) {
  const auto ids = padded.to_vector<int64_t>();
  std::vector<std::vector<int32_t>> sentences;
  for (size_t b = 0; b < lengths.size(); ++b) {
    sentences.emplace_back();
    for (size_t t = 0; t < static_cast<size_t>(lengths[b]); ++t)
      sentences.back().push_back(static_cast<int32_t>(ids[t * lengths.size() + b]));
  }
  return pack_tokens(sentences);
}

Bahdanau model_of(const test::GoldenCase& c) {
  Rng rng(1);
  Bahdanau model({.source_words = c.settings["V"],
                  .target_words = c.settings["V"],
                  .embedding = c.settings["E"],
                  .hidden = c.settings["H"],
                  .encoder_layers = c.settings["enc"],
                  .decoder_layers = c.settings["dec"],
                  .residual = true,
                  .unit = Unit::lstm,
                  .score = c.name == "dot" ? nn::Score::dot : nn::Score::general,
                  .tie = Tie::none,
                  .dropout = 0},
                 rng);
  for (const auto& [name, parameter] : model.named_parameters()) parameter.assign(c.at("p/" + name, DType::f32));
  return model;
}

}  // namespace

TEST_CASE("golden: LSTMs of several layers with dot and general scores equal PyTorch's, gradients too") {
  for (const test::GoldenCase& c : test::golden_cases("deep_translator")) {
    CAPTURE(c.name);
    const Bahdanau model = model_of(c);
    const std::vector<int64_t> sources = c.settings["source_lengths"], targets = c.settings["target_lengths"];
    const PackedBatch batch = {
        packed(c.at("source"), sources), packed(c.at("inputs"), targets), packed(c.at("target"), targets).ids, {}};
    const Architecture::Forced forced = model.forward_rows(batch.source, batch.inputs);
    CHECK(difference(unpack(forced.rows, batch.inputs.lengths), c.at("rows")) < 1e-5);
    CHECK(difference(unpack(forced.weights, batch.inputs.lengths), c.at("weights")) < 1e-5);
    Tape tape;
    const BatchLoss loss = loss_of(model, batch, 0);
    CHECK(difference(loss.loss, c.at("loss")) < 1e-5);
    tape.backward(loss.loss);
    for (const auto& [name, parameter] : model.named_parameters()) {
      CAPTURE(name);
      CHECK(difference(parameter.grad(), c.at("d/" + name)) < 2e-5);
    }
  }
}
