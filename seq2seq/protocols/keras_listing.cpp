#include "seq2seq/protocols/keras_listing.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/base/error.h"
#include "nn/init.h"
#include "nn/lstm.h"
#include "seq2seq/first_weights.h"
#include "seq2seq/option_table.h"
#include "seq2seq/protocols/listings.h"
#include "seq2seq/protocols/padding.h"
#include "seq2seq/protocols/recipe_parts.h"

namespace grus::seq2seq {

namespace init = nn::init;

NoAttentionOptions keras_listing_options(VocabSizes sizes) {
  return {.network = {.source_words = sizes.source,
                      .target_words = sizes.target,
                      .embedding = std::max(sizes.source, sizes.target),
                      .hidden = 256,
                      .layers = 1,
                      .unit = Unit::lstm,
                      .forget_bias = 1,
                      .start = Start::states,
                      .context_every_step = false,
                      .maxout = 0},
          .reading = [](const Tokens& source) {
            return formed_source(
                source, {.marks = {.sos = false, .eos = false}, .length = keras_source_letters, .fill = space_letter});
          }};
}

namespace {

// Glorot's bound counts the letters of the side; columns of the other side's further letters are never read.
void set_layer(nn::CellParameters& cell, int64_t letters, double forget_bias, Rng& rng) {
  const auto gates = static_cast<double>(cell.weight_ih.dim(0));
  const double bound = std::sqrt(6 / (static_cast<double>(letters) + gates));
  cell.weight_ih.assign(init::uniform(cell.weight_ih.shape(), -bound, bound, rng));
  cell.weight_hh.assign(init::orthogonal(cell.weight_hh.shape(), rng));
  set_zero(cell.bias_ih);
  set_zero(cell.bias_hh);
  nn::add_forget_bias(cell, forget_bias, "keras-listing");
}

}  // namespace

void set_keras_listing_weights(EncoderDecoder& model, Rng& rng) {
  const EncoderDecoderOptions& o = model.options;
  model.source_embedding.weight.assign(Tensor::eye(o.source_words, o.embedding));
  model.target_embedding.weight.assign(Tensor::eye(o.target_words, o.embedding));
  set_layer(model.encoder.cell(0), o.source_words, o.forget_bias, rng);
  set_layer(model.decoder.cell(0), o.target_words, o.forget_bias, rng);
  model.output_weight.assign(init::xavier_uniform(model.output_weight.shape(), rng));
  set_zero(model.output_bias);
  model.freeze("*embedding.weight");
  model.freeze("*bias_hh*");
}

namespace {

// The numbers of the listing; --protocol adds what is done with text, loss, weights and figure (protocol.cpp).
void use_keras_listing(TrainOptions& o) {
  use_plain_training(o);
  o.model.hidden = 256;
  o.model.unit = Unit::lstm;
  o.tokenizer = "verbatim";
  o.min_count = 1;
  o.epochs = 100;
  o.metrics = "perplexity,bleu";
  o.batch_sentences = 64;
  o.optimizer = OptimizerKind::rmsprop;
  o.learning_rate = 1e-3;
  o.beta2 = 0.9;
  o.epsilon = 1e-7;
}

void check(const ModelOptions& m) {
  check_model_of_protocol(m);
  require<UsageError>(m.weights == FirstWeights::paper && m.dropout == 0,
                      "--arch keras-listing: need --weights paper and --dropout 0, got {} and {}",
                      text_of(m, "weights"), m.dropout);
}

}  // namespace

extern const ArchitectureKind keras_listing_kind;

const ArchitectureKind keras_listing_kind = {
    .name = "keras-listing",
    .make = [](const ModelOptions& m, VocabSizes sizes, Rng& rng) -> std::unique_ptr<Architecture> {
      NoAttentionOptions options = keras_listing_options(sizes);
      options.network.hidden = m.hidden;
      return std::make_unique<NoAttention>("keras-listing", fmt::format("Keras' LSTM of letters, {}", m.hidden),
                                           options, set_keras_listing_weights, rng);
    },
    .use_recipe = [](TrainOptions& o) { use_model_of_protocol(o, 0); },
    .use_paper_recipe = use_keras_listing,
    .check = check,
    .attends = false,
    .flags = {}};

}  // namespace grus::seq2seq
