#include "seq2seq/cho.h"

#include "seq2seq/first_weights.h"
#include "seq2seq/no_attention.h"

namespace grus::seq2seq {

EncoderDecoderOptions cho_options(int64_t source_words, int64_t target_words, std::optional<int64_t> start_word) {
  return {.source_words = source_words,
          .target_words = target_words,
          .embedding = 100,
          .hidden = 1000,
          .layers = 1,
          .unit = Unit::gru,
          .form = {Reset::before, Update::keep},
          .start = Start::summary,
          .context_every_step = true,
          .maxout = 500,
          .start_word = start_word};
}

void set_cho_weights(EncoderDecoder& model, Rng& rng) {
  const auto draw_layers = [&](GatedLayers& layers) {
    for (int64_t l = 0; l < layers.options.layers; ++l) {
      set_normal_inputs(layers.cell(l), rng);
      set_orthogonal(layers.cell(l).weight_hh, rng);
    }
    for (nn::Parameter& weight : layers.context_weights) set_normal(weight, rng);
  };
  set_normal(model.output_weight, rng);
  set_zero(model.output_bias);
  set_normal(model.source_embedding.weight, rng);
  set_normal(model.target_embedding.weight, rng);
  draw_layers(model.encoder);
  draw_layers(model.decoder);
  for (std::optional<nn::Linear>* layer :
       {&model.summary, &model.start, &model.readout_state, &model.readout_word, &model.readout_context, &model.factor})
    if (*layer) set_normal(**layer, rng);
  model.target_embedding.zero_padding();
}

namespace {

void use_cho(TrainOptions& o) {
  o.model.dropout = 0.3;
  o.epochs = 9;
  o.batch_tokens = 2000;
  o.learning_rate = 1.5e-3;
  o.model.layers = 1;
  o.model.unit = Unit::gru;
  o.model.reset = Reset::before;
  o.model.update = Update::keep;
  o.model.context = ModelOptions::Context::every;
  o.model.initial_state = ModelOptions::InitialState::summary;
  o.model.readout = ModelOptions::Readout::maxout;
}

// Section 4.1 gives the sizes, Adadelta, 64 pairs an update and the 15,000 most frequent words.
void use_cho_paper(TrainOptions& o) {
  use_recipe_of_2014(o);
  o.model.embedding = 100;
  o.model.hidden = 1000;
  o.model.readout_size = 500;
  o.vocab = 15000;
  o.batch_sentences = 64;
  o.optimizer = OptimizerKind::adadelta;
  o.learning_rate = 1;
  o.beta1 = 0.95;
  o.epsilon = 1e-6;
  o.schedule = ScheduleKind::constant;
}

}  // namespace

extern const ArchitectureKind rnn_encdec_kind;

const ArchitectureKind rnn_encdec_kind = {.name = "rnn-encdec",
                                          .make =
                                              [](const ModelOptions& options, VocabSizes sizes, Rng& rng) {
                                                return make_no_attention(rnn_encdec_kind, "Cho et al. 2014",
                                                                         set_cho_weights, options, sizes, rng);
                                              },
                                          .use_recipe = use_cho,
                                          .use_paper_recipe = use_cho_paper,
                                          .check = check_no_attention,
                                          .attends = false,
                                          .flags = no_attention_flags()};

}  // namespace grus::seq2seq
