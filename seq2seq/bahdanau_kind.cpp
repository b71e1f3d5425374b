#include "seq2seq/bahdanau.h"
#include "seq2seq/option_table.h"

namespace grus::seq2seq {
namespace {

int64_t depth_of(const ModelOptions& m, int64_t side) { return side > 0 ? side : m.layers; }

BahdanauOptions bahdanau_options(const ModelOptions& m, VocabSizes sizes) {
  using Flag = ModelOptions;
  return {
      .source_words = sizes.source,
      .target_words = sizes.target,
      .embedding = m.embedding,
      .hidden = m.hidden,
      .encoder = m.encoder,
      .attention = m.attention,
      .readout_size = m.readout_size,
      .encoder_layers = depth_of(m, m.encoder_layers),
      .decoder_layers = depth_of(m, m.decoder_layers),
      .residual = m.residual,
      .unit = m.unit,
      .forget_bias = m.forget_bias,
      .score = m.score,
      .decoder = m.decoder,
      .form = {m.reset, m.update},
      .start =
          m.initial_state == Flag::InitialState::mean ? BahdanauOptions::Start::mean : BahdanauOptions::Start::backward,
      .readout = m.readout == Flag::Readout::maxout ? BahdanauOptions::Readout::maxout : BahdanauOptions::Readout::tanh,
      .readout_state = m.readout_state,
      .tie = m.tie,
      .weights = m.weights,
      .dropout = m.dropout};
}

// The paper's appendices A.2 and B give sizes and training.
void use_bahdanau_paper(TrainOptions& o) {
  o.model = {.embedding = 620,
             .hidden = 1000,
             .encoder = 1000,
             .attention = 1000,
             .readout_size = 500,
             .decoder = DecoderCell::single,
             .readout = ModelOptions::Readout::maxout,
             .readout_state = ReadoutState::before,
             .initial_state = ModelOptions::InitialState::backward,
             .reset = Reset::before,
             .update = Update::replace,
             .tie = Tie::none,
             .weights = FirstWeights::paper,
             .dropout = 0};
  o.tokenizer = "space";
  o.vocab = 30000;
  o.max_length = 50;
  o.epochs = 9;
  o.batch_sentences = 80;
  o.optimizer = OptimizerKind::adadelta;
  o.learning_rate = 1;
  o.beta1 = 0.95;
  o.epsilon = 1e-6;
  o.schedule = ScheduleKind::constant;
  o.warmup = 0;
  o.label_smoothing = 0;
  o.average = 0;
  o.beam = 12;
}

void check_bahdanau(const ModelOptions& m) {
  using Flag = ModelOptions;
  const int64_t readout = m.readout_size ? m.readout_size : m.embedding;
  require<UsageError>(m.tie == Tie::none || readout == m.embedding,
                      "--readout-size: need --emb ({}) because of --tie {}, got {}", m.embedding, text_of(m, "tie"),
                      readout);
  require<UsageError>(m.encoder > 0 || m.hidden % 2 == 0, "--hidden: need an even number, or --encoder, got {}",
                      m.hidden);
  require<UsageError>(m.score != nn::Score::dot || m.encoder == 0 || 2 * m.encoder == m.hidden,
                      "--encoder: need half of --hidden ({}) because of --attention-score dot, got {}", m.hidden,
                      m.encoder);
  require<UsageError>(!m.residual || depth_of(m, m.encoder_layers) > 1 || depth_of(m, m.decoder_layers) > 1,
                      "--residual: need two layers on a side, got one on each");
  require<UsageError>(m.initial_state == Flag::InitialState::mean || m.initial_state == Flag::InitialState::backward,
                      "--initial-state: need mean or backward for --arch bahdanau, got {}",
                      text_of(m, "initial-state"));
  require<UsageError>(m.readout != Flag::Readout::none, "--readout: need tanh or maxout for --arch bahdanau, got none");
}

constexpr std::string_view bahdanau_flags[] = {
    "encoder",     "attention", "attention-score", "layers",  "enc-layers",    "dec-layers",    "residual", "unit",
    "forget-bias", "decoder",   "readout-size",    "readout", "readout-state", "initial-state", "reset",    "update"};

}  // namespace

extern const ArchitectureKind bahdanau_kind;

const ArchitectureKind bahdanau_kind = {
    .name = "bahdanau",
    .make = [](const ModelOptions& options, VocabSizes sizes, Rng& rng) -> std::unique_ptr<Architecture> {
      return std::make_unique<Bahdanau>(bahdanau_options(options, sizes), rng);
    },
    .use_recipe = [](TrainOptions&) {},  // the defaults are its recipe
    .use_paper_recipe = use_bahdanau_paper,
    .check = check_bahdanau,
    .attends = true,
    .flags = bahdanau_flags};

}  // namespace grus::seq2seq
