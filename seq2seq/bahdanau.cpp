#include "seq2seq/bahdanau.h"

#include <fmt/format.h>

#include <cmath>

#include "nn/init.h"
#include "nn/maxout.h"
#include "ops/elementwise.h"
#include "ops/index.h"
#include "ops/matmul.h"
#include "ops/shape.h"
#include "seq2seq/option_table.h"

namespace grus::seq2seq {
namespace {

namespace init = nn::init;

// A size of 0 stands for one derived from another size.
BahdanauOptions resolved(BahdanauOptions o) {
  if (o.encoder == 0) o.encoder = o.hidden / 2;
  if (o.attention == 0) o.attention = o.hidden;
  if (o.readout_size == 0) o.readout_size = o.embedding;
  require<UsageError>(o.tie == Tie::none || o.readout_size == o.embedding,
                      "[Bahdanau] need a readout of the embedding's size {} for tied weights, got {}", o.embedding,
                      o.readout_size);
  require<UsageError>(o.tie != Tie::all || o.source_words == o.target_words,
                      "[Bahdanau] need one vocabulary where the source's embedding is tied too, got {} and {} words",
                      o.source_words, o.target_words);
  return o;
}

bool is_maxout(const BahdanauOptions& o) { return o.readout == BahdanauOptions::Readout::maxout; }

nn::Embedding make_embedding(int64_t words, const BahdanauOptions& o, Rng& rng) {
  nn::Embedding table({.count = words, .width = o.embedding, .padding_index = {}}, rng);
  table.weight.assign(init::normal(table.weight.shape(), 0, 1 / std::sqrt(static_cast<double>(o.embedding)), rng));
  return table;
}

nn::Gru make_encoder(const BahdanauOptions& o, Rng& rng) {
  return nn::Gru({.input = o.embedding,
                  .hidden = o.encoder,
                  .bidirectional = true,
                  .reset = o.form.reset,
                  .update = o.form.update},
                 rng);
}

nn::GruCell make_cell(const BahdanauOptions& o, int64_t input, Rng& rng) {
  return nn::GruCell({.input = input, .hidden = o.hidden, .reset = o.form.reset, .update = o.form.update}, rng);
}

void make_recurrent_orthogonal(nn::CellParameters& cell, Rng& rng) {
  cell.weight_hh.assign(init::orthogonal(cell.weight_hh.shape(), rng, 1, 3));
}

// The state before each packed row's step is h0 at the first step, then the row of the step before.
Tensor previous_states(const Tensor& start, const Tensor& states, const Lengths& lengths) {
  const std::vector<int64_t>& order = lengths.order();
  std::vector<int64_t> rows(order.begin(), order.begin() + lengths.alive(0));
  for (int64_t t = 1; t < lengths.longest(); ++t)
    for (int64_t i = 0; i < lengths.alive(t); ++i) rows.push_back(lengths.batch() + lengths.start(t - 1) + i);
  return gather_rows(concat({start, states}), Tensor::from(rows));
}

}  // namespace

Bahdanau::Bahdanau(const BahdanauOptions& given, Rng& rng)
    : options(resolved(given)),
      source_embedding(child("source_embedding", make_embedding(options.source_words, options, rng))),
      target_embedding(child("target_embedding", make_embedding(options.target_words, options, rng))),
      encoder(child("encoder", make_encoder(options, rng))),
      initial(child("initial",
                    nn::Linear(options.start == BahdanauOptions::Start::mean ? 2 * options.encoder : options.encoder,
                               options.hidden, rng))),
      query(child("query", nn::Linear(options.hidden, options.attention, rng))),
      key(child("key", nn::Linear(2 * options.encoder, options.attention, rng, {.bias = false}))),
      v(param("v", init::uniform({options.attention}, -1 / std::sqrt(static_cast<double>(options.attention)),
                                 1 / std::sqrt(static_cast<double>(options.attention)), rng))),
      first(options.decoder == DecoderCell::conditional
                ? std::optional(child("first", make_cell(options, options.embedding, rng)))
                : std::nullopt),
      second(child("second", make_cell(options, 2 * options.encoder + (first ? 0 : options.embedding), rng))),
      into_readout(child("readout", nn::Linear(options.hidden + options.embedding + 2 * options.encoder,
                                               options.readout_size * (is_maxout(options) ? 2 : 1), rng))),
      output_weight(
          param("output_weight", init::normal({options.target_words, options.readout_size}, 0,
                                              1 / std::sqrt(static_cast<double>(options.readout_size)), rng))),
      output_bias(param("output_bias", init::zeros({options.target_words}))),
      drop_(child("drop", nn::LockedDropout(options.dropout))) {
  make_recurrent_orthogonal(encoder.cell(0, 0), rng);
  make_recurrent_orthogonal(encoder.cell(0, 1), rng);
  if (first) make_recurrent_orthogonal(first->weights, rng);
  make_recurrent_orthogonal(second.weights, rng);
  if (options.weights == FirstWeights::paper) use_paper_weights(rng);
  if (options.tie != Tie::none) tie(target_embedding.weight, output_weight);
  if (options.tie == Tie::all) tie(target_embedding.weight, source_embedding.weight);
}

// Appendix B.1: recurrent matrices orthogonal, W_a and U_a N(0, 0.001^2), v_a and biases 0, all else N(0, 0.01^2).
void Bahdanau::use_paper_weights(Rng& rng) {
  const auto draw = [&rng](nn::Parameter& p, double deviation = 0.01) {
    p.assign(init::normal(p.shape(), 0, deviation, rng));
  };
  const auto zero = [](nn::Parameter& p) { p.assign(init::zeros(p.shape())); };
  const auto draw_cell = [&](nn::CellParameters& cell) {
    draw(cell.weight_ih);
    zero(cell.bias_ih), zero(cell.bias_hh);
  };
  const auto draw_linear = [&](nn::Linear& layer, double deviation = 0.01) {
    draw(layer.weight, deviation);
    if (layer.bias.defined()) zero(layer.bias);
  };
  zero(v);
  draw(output_weight);
  zero(output_bias);
  draw(source_embedding.weight);
  draw(target_embedding.weight);
  draw_cell(encoder.cell(0, 0));
  draw_cell(encoder.cell(0, 1));
  draw_linear(initial);
  draw_linear(query, 0.001);
  draw_linear(key, 0.001);
  if (first) draw_cell(first->weights);
  draw_cell(second.weights);
  draw_linear(into_readout);
}

std::string Bahdanau::description() const {
  return fmt::format("Bahdanau et al. 2014, {}, {} readout, {}/{}", first ? "conditional GRU" : "one GRU",
                     is_maxout(options) ? "maxout" : "tanh", options.embedding, options.hidden);
}

// Embeddings start small, N(0, 1/E), because the output layer may share them; as inputs they should be larger.
Tensor Bahdanau::embed(const nn::Embedding& table, const Tensor& ids) const {
  const Tensor x = table(ids);
  return options.weights == FirstWeights::paper ? x : x * (std::sqrt(static_cast<double>(options.embedding)) / 4);
}

Bahdanau::Encoded Bahdanau::encode(const Tokens& source) const {
  const Tensor x = drop_(embed(source_embedding, source.ids), source.lengths);
  const Output encoded = encoder.forward_packed(x, source.lengths);
  const Tensor values = drop_(encoded.y, source.lengths);
  Tensor summary;
  if (options.start == BahdanauOptions::Start::mean) {
    std::vector<float> scale;
    for (const int64_t length : source.lengths.lengths())
      scale.push_back(1.0f / static_cast<float>(std::max<int64_t>(length, 1)));
    const int64_t batch = source.lengths.batch();
    summary = scatter_rows(values, source.lengths.batch_rows(), batch) * Tensor::from(scale, {batch, 1});
  } else {
    summary = encoded.state.h[1];
  }
  return {{key(values), values, source.lengths}, tanh(initial(summary))};
}

AttentionGruWeights Bahdanau::step_weights() const {
  return {first ? GruWeights(first->weights) : GruWeights{}, second.weights, query.weight, query.bias, v, options.form};
}

Tensor Bahdanau::readout(const Tensor& state, const Tensor& word, const Tensor& context) const {
  const Tensor r = into_readout(concat({state, word, context}, 1));
  return is_maxout(options) ? nn::maxout(r) : tanh(r);
}

Tensor Bahdanau::forward_rows(const Tokens& source, const Tokens& inputs) const {
  const Encoded encoded = encode(source);
  const Tensor words = drop_(embed(target_embedding, inputs.ids), inputs.lengths);
  const Output out = attention_gru(words, inputs.lengths, encoded.start, encoded.memory, step_weights());
  const Tensor states =
      options.readout_state == ReadoutState::after ? out.y : previous_states(encoded.start, out.y, inputs.lengths);
  return drop_(readout(drop_(states, inputs.lengths), words, out.attention.context), inputs.lengths);
}

namespace {

class BahdanauDecoder final : public Decoder {
 public:
  BahdanauDecoder(const Bahdanau& model, const Tokens& source)
      : model_(model), encoded_(model.encode(source)), weights_(model.step_weights()) {}

  DecoderState start() const override { return {encoded_.start}; }

  Step step(const Tensor& words, const DecoderState& state, const std::vector<int64_t>& sources) override {
    if (sources != sources_) {
      rows_ = attention_rows(encoded_.memory.lengths, sources);
      sources_ = sources;
    }
    const Tensor x = model_.embed(model_.target_embedding, words);
    const Output out = attention_gru_step(x, state[0], encoded_.memory, rows_, weights_);
    const bool new_state = model_.options.readout_state == ReadoutState::after;
    return {{out.y}, model_.readout(new_state ? out.y : state[0], x, out.attention.context), out.attention.weights};
  }

 private:
  const Bahdanau& model_;
  Bahdanau::Encoded encoded_;
  AttentionGruWeights weights_;
  std::vector<int64_t> sources_;
  AttentionRows rows_;
};

}  // namespace

std::unique_ptr<Decoder> Bahdanau::decode(const Tokens& source) const {
  const NoGrad no_grad;
  return std::make_unique<BahdanauDecoder>(*this, source);
}

namespace {

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
  require<UsageError>(m.initial_state == Flag::InitialState::mean || m.initial_state == Flag::InitialState::backward,
                      "--initial-state: need mean or backward for --arch bahdanau, got {}",
                      text_of(m, "initial-state"));
  require<UsageError>(m.readout != Flag::Readout::none, "--readout: need tanh or maxout for --arch bahdanau, got none");
}

constexpr std::string_view bahdanau_flags[] = {"encoder",       "attention",     "readout-size", "decoder", "readout",
                                               "readout-state", "initial-state", "reset",        "update"};

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
    .flags = bahdanau_flags};

}  // namespace grus::seq2seq
