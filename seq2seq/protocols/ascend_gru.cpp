#include "seq2seq/protocols/ascend_gru.h"

#include <fmt/format.h>

#include "seq2seq/first_weights.h"
#include "seq2seq/protocols/padding.h"
#include "seq2seq/protocols/recipe_parts.h"

namespace grus::seq2seq {

NoAttentionOptions ascend_gru_options(VocabSizes sizes) {
  return {.network = {.source_words = sizes.source,
                      .target_words = sizes.target,
                      .embedding = 256,
                      .hidden = 512,
                      .layers = 1,
                      .unit = Unit::gru,
                      .form = {Reset::after, Update::keep},
                      .start = Start::states,
                      .context_every_step = true,
                      .summary_layer = false,
                      .maxout = 0,
                      .wide_output = true,
                      .word_dropout = 0.5},
          .reading = marked_source};
}

void set_ascend_gru_weights(EncoderDecoder& model, Rng& rng) {
  for (auto& [name, parameter] : model.named_parameters()) {
    nn::Parameter handle = parameter;
    set_normal(handle, rng);
  }
}

namespace {

// The options of gru_8p.py; --protocol adds what is done with text, loss, weights and metric (protocol.cpp).
void use_ascend_gru(TrainOptions& o) {
  use_plain_training(o);
  o.model.embedding = 256;
  o.model.hidden = 512;
  o.model.dropout = 0.5;
  o.tokenizer = "space";
  o.min_count = 2;
  o.max_length = 44;
  o.epochs = 10;
  o.metrics = "perplexity,bleu";
  o.batch_sentences = 512;
  o.learning_rate = 3e-3;
  o.teacher_forcing = 0.5;
}

}  // namespace

extern const ArchitectureKind ascend_gru_kind;

const ArchitectureKind ascend_gru_kind = {
    .name = "ascend-gru",
    .make = [](const ModelOptions& m, VocabSizes sizes, Rng& rng) -> std::unique_ptr<Architecture> {
      NoAttentionOptions options = ascend_gru_options(sizes);
      options.network.embedding = m.embedding;
      options.network.hidden = m.hidden;
      options.network.word_dropout = m.dropout;
      return std::make_unique<NoAttention>(
          "ascend-gru", fmt::format("Ascend's GRU without attention, {}/{}", m.embedding, m.hidden), options,
          m.weights == FirstWeights::paper ? set_ascend_gru_weights : set_scaled_weights, rng);
    },
    .use_recipe = [](TrainOptions& o) { use_model_of_protocol(o, 0.5); },
    .use_paper_recipe = use_ascend_gru,
    .check = check_model_of_protocol,
    .attends = false,
    .flags = {}};

}  // namespace grus::seq2seq
