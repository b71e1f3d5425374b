#include "seq2seq/sutskever.h"

#include "nn/init.h"
#include "seq2seq/no_attention.h"

namespace grus::seq2seq {

EncoderDecoderOptions sutskever_options(int64_t source_words, int64_t target_words) {
  return {.source_words = source_words,
          .target_words = target_words,
          .embedding = 1000,
          .hidden = 1000,
          .layers = 4,
          .unit = Unit::lstm,
          .start = Start::states,
          .context_every_step = false,
          .maxout = 0};
}

void set_sutskever_weights(EncoderDecoder& model, Rng& rng) {
  for (auto& [name, parameter] : model.named_parameters()) {
    nn::Parameter handle = parameter;
    handle.assign(nn::init::uniform(handle.shape(), -0.08, 0.08, rng));
  }
  model.target_embedding.zero_padding();
}

namespace {

void use_sutskever(TrainOptions& o) {
  o.model.embedding = 256;
  o.model.hidden = 256;
  o.model.layers = 4;
  o.model.unit = Unit::lstm;
  o.model.forget_bias = 1;
  o.model.context = ModelOptions::Context::first;
  o.model.initial_state = ModelOptions::InitialState::states;
  o.model.source_order = SourceOrder::reversed;
  o.model.readout = ModelOptions::Readout::none;
  // Only the states lead from source to target: the model underfits long before it overfits, so more and larger steps
  // and less dropout pay.
  o.model.dropout = 0.1;
  o.epochs = 9;
  o.batch_tokens = 1000;
  o.learning_rate = 3e-3;
}

// Sections 3.2 to 3.4 give the sizes (160,000 source and 80,000 target words; here one limit holds for both), SGD
// without momentum at 0.7, halved every half epoch after five (7.5 in all), 128 pairs an update, and a norm of at most
// 5 for the mean gradient of a sentence.
void use_sutskever_paper(TrainOptions& o) {
  use_recipe_of_2014(o);
  o.model.embedding = 1000;
  o.model.hidden = 1000;
  o.model.layers = 4;
  o.vocab = 80000;
  o.epochs = 8;
  o.batch_sentences = 128;
  o.optimizer = OptimizerKind::sgd;
  o.learning_rate = 0.7;
  o.beta1 = 0;
  o.schedule = ScheduleKind::halving;
  o.halve_after = 5;
  o.halve_every = 0.5;
  o.loss_per = LossPer::sentence;
  o.clip = 5;
}

}  // namespace

extern const ArchitectureKind sutskever_kind;

const ArchitectureKind sutskever_kind = {.name = "sutskever",
                                         .make =
                                             [](const ModelOptions& options, VocabSizes sizes, Rng& rng) {
                                               return make_no_attention(sutskever_kind, "Sutskever et al. 2014",
                                                                        set_sutskever_weights, options, sizes, rng);
                                             },
                                         .use_recipe = use_sutskever,
                                         .use_paper_recipe = use_sutskever_paper,
                                         .check = check_no_attention,
                                         .attends = false,
                                         .flags = no_attention_flags()};

}  // namespace grus::seq2seq
