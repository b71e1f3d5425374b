#include "examples/seq2seq/bahdanau.h"

#include <fmt/format.h>

#include <cmath>

#include "nn/init.h"
#include "nn/maxout.h"
#include "ops/elementwise.h"
#include "ops/index.h"
#include "ops/matmul.h"
#include "ops/shape.h"

namespace grus::seq2seq {
namespace {

namespace init = nn::init;

// Zeros stand for a size derived from another one.
ModelOptions resolved(ModelOptions o) {
  if (o.encoder == 0) o.encoder = o.hidden / 2;
  if (o.attention == 0) o.attention = o.hidden;
  if (o.readout_size == 0) o.readout_size = o.embedding;
  return o;
}

GruForm form_of(const ModelOptions& o) {
  return {o.reset == "before" ? Reset::before : Reset::after, o.update == "replace" ? Update::replace : Update::keep};
}

nn::Embedding make_embedding(int64_t words, const ModelOptions& o, Rng& rng) {
  nn::Embedding table({.count = words, .width = o.embedding, .padding_index = {}}, rng);
  table.weight.assign(init::normal(table.weight.shape(), 0, 1 / std::sqrt(static_cast<double>(o.embedding)), rng));
  return table;
}

nn::Gru make_encoder(const ModelOptions& o, Rng& rng) {
  return nn::Gru({.input = o.embedding,
                  .hidden = o.encoder,
                  .bidirectional = true,
                  .reset = form_of(o).reset,
                  .update = form_of(o).update},
                 rng);
}

nn::GruCell make_cell(const ModelOptions& o, int64_t input, Rng& rng) {
  return nn::GruCell({.input = input, .hidden = o.hidden, .reset = form_of(o).reset, .update = form_of(o).update}, rng);
}

void make_recurrent_orthogonal(nn::CellParameters& cell, Rng& rng) {
  cell.weight_hh.assign(init::orthogonal(cell.weight_hh.shape(), rng, 1, 3));
}

// The state before each packed row's step: h0 at the first, then the rows of the step before.
Tensor previous_states(const Tensor& start, const Tensor& states, const Lengths& lengths) {
  const std::vector<int64_t>& order = lengths.order();
  std::vector<int64_t> rows(order.begin(), order.begin() + lengths.alive(0));
  for (int64_t t = 1; t < lengths.longest(); ++t)
    for (int64_t i = 0; i < lengths.alive(t); ++i) rows.push_back(lengths.batch() + lengths.start(t - 1) + i);
  return gather_rows(concat({start, states}), Tensor::from(rows));
}

}  // namespace

Bahdanau::Bahdanau(const ModelOptions& given, VocabSizes sizes, Rng& rng)
    : options(resolved(given)),
      source_embedding(child("source_embedding", make_embedding(sizes.source, options, rng))),
      target_embedding(child("target_embedding", make_embedding(sizes.target, options, rng))),
      encoder(child("encoder", make_encoder(options, rng))),
      initial(child("initial", nn::Linear(options.initial_state == "mean" ? 2 * options.encoder : options.encoder,
                                          options.hidden, rng))),
      query(child("query", nn::Linear(options.hidden, options.attention, rng))),
      key(child("key", nn::Linear(2 * options.encoder, options.attention, rng, {.bias = false}))),
      v(param("v", init::uniform({options.attention}, -1 / std::sqrt(static_cast<double>(options.attention)),
                                 1 / std::sqrt(static_cast<double>(options.attention)), rng))),
      first(options.decoder == "conditional" ? std::optional(child("first", make_cell(options, options.embedding, rng)))
                                             : std::nullopt),
      second(child("second", make_cell(options, 2 * options.encoder + (first ? 0 : options.embedding), rng))),
      into_readout(child("readout", nn::Linear(options.hidden + options.embedding + 2 * options.encoder,
                                               options.readout_size * (options.readout == "maxout" ? 2 : 1), rng))),
      output_weight(
          param("output_weight", init::normal({sizes.target, options.readout_size}, 0,
                                              1 / std::sqrt(static_cast<double>(options.readout_size)), rng))),
      output_bias(param("output_bias", init::zeros({sizes.target}))),
      drop_(child("drop", nn::LockedDropout(options.dropout))) {
  make_recurrent_orthogonal(encoder.cell(0, 0), rng);
  make_recurrent_orthogonal(encoder.cell(0, 1), rng);
  if (first) make_recurrent_orthogonal(first->weights, rng);
  make_recurrent_orthogonal(second.weights, rng);
  if (options.weights == "paper") use_paper_weights(rng);
  if (options.tie != "none") tie(target_embedding.weight, output_weight);
  if (options.tie == "all") tie(target_embedding.weight, source_embedding.weight);
}

// Appendix B.1: recurrent matrices orthogonal, W_a and U_a N(0, 0.001^2), v_a and biases 0, all else N(0, 0.01^2).
void Bahdanau::use_paper_weights(Rng& rng) {
  for (auto& [name, parameter] : named_parameters()) {
    if (name.find("weight_hh") != std::string::npos) continue;
    const bool zero = name == "v" || name.find("bias") != std::string::npos;
    const double deviation = name == "query.weight" || name == "key.weight" ? 0.001 : 0.01;
    nn::Parameter handle = parameter;
    handle.assign(zero ? init::zeros(handle.shape()) : init::normal(handle.shape(), 0, deviation, rng));
  }
}

std::string Bahdanau::description() const {
  return fmt::format("Bahdanau et al. 2014, {}, {} readout, {}/{}", first ? "conditional GRU" : "one GRU",
                     options.readout, options.embedding, options.hidden);
}

// Embeddings start small (N(0, 1/E)) because the output layer may share them; as inputs they want to be larger.
Tensor Bahdanau::embed(const nn::Embedding& table, const Tensor& ids) const {
  const Tensor x = table(ids);
  return options.weights == "paper" ? x : x * (std::sqrt(static_cast<double>(options.embedding)) / 4);
}

Bahdanau::Encoded Bahdanau::encode(const Tokens& source) const {
  const Tensor x = drop_(embed(source_embedding, source.ids), source.lengths);
  const Output encoded = encoder.forward_packed(x, source.lengths);
  const Tensor values = drop_(encoded.y, source.lengths);
  Tensor summary;
  if (options.initial_state == "mean") {
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
  return {
      first ? GruWeights(first->weights) : GruWeights{}, second.weights, query.weight, query.bias, v, form_of(options)};
}

Tensor Bahdanau::readout(const Tensor& state, const Tensor& word, const Tensor& context) const {
  const Tensor r = into_readout(concat({state, word, context}, 1));
  return options.readout == "maxout" ? nn::maxout(r) : tanh(r);
}

Tensor Bahdanau::forward_rows(const Tokens& source, const Tokens& inputs) const {
  const Encoded encoded = encode(source);
  const Tensor words = drop_(embed(target_embedding, inputs.ids), inputs.lengths);
  const Output out = attention_gru(words, inputs.lengths, encoded.start, encoded.memory, step_weights());
  const Tensor states = uses_new_state() ? out.y : previous_states(encoded.start, out.y, inputs.lengths);
  return drop_(readout(drop_(states, inputs.lengths), words, out.attention.context), inputs.lengths);
}

namespace {

class BahdanauDecoder final : public Decoder {
 public:
  BahdanauDecoder(const Bahdanau& model, const Tokens& source)
      : model_(model), encoded_(model.encode(source)), weights_(model.step_weights()) {}

  State start() const override { return {encoded_.start}; }

  Step step(const Tensor& words, const State& state, const std::vector<int64_t>& sources) override {
    if (sources != sources_) {
      rows_ = attention_rows(encoded_.memory.lengths, sources);
      sources_ = sources;
    }
    const Tensor x = model_.embed(model_.target_embedding, words);
    const Output out = attention_gru_step(x, state[0], encoded_.memory, rows_, weights_);
    const bool new_state = model_.options.readout_state == "new";
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

// Appendices A.2 and B.
void use_bahdanau_paper(TrainOptions& o) {
  o.model = {.embedding = 620,
             .hidden = 1000,
             .encoder = 1000,
             .attention = 1000,
             .readout_size = 500,
             .decoder = "single",
             .readout = "maxout",
             .readout_state = "previous",
             .initial_state = "backward",
             .reset = "before",
             .update = "replace",
             .tie = "none",
             .weights = "paper",
             .dropout = 0};
  o.tokenizer = "space";
  o.vocab = 30000;
  o.max_length = 50;
  o.epochs = 9;
  o.batch_sentences = 80;
  o.optimizer = "adadelta";
  o.learning_rate = 1;
  o.beta1 = 0.95;
  o.epsilon = 1e-6;
  o.schedule = "constant";
  o.warmup = 0;
  o.label_smoothing = 0;
  o.average = 0;
  o.beam = 12;
}

void check_bahdanau(const ModelOptions& m) {
  const int64_t readout = m.readout_size ? m.readout_size : m.embedding;
  require<UsageError>(m.tie == "none" || readout == m.embedding,
                      "--readout-size: need --emb ({}) because of --tie {}, got {}", m.embedding, m.tie, readout);
  require<UsageError>(m.encoder > 0 || m.hidden % 2 == 0, "--hidden: need an even number, or --encoder, got {}",
                      m.hidden);
  require<UsageError>(m.initial_state == "mean" || m.initial_state == "backward",
                      "--initial-state: need mean or backward for --arch bahdanau, got {}", m.initial_state);
  require<UsageError>(m.readout != "none", "--readout: need tanh or maxout for --arch bahdanau, got none");
}

constexpr std::string_view bahdanau_flags[] = {"encoder",       "attention",     "readout-size", "decoder", "readout",
                                               "readout-state", "initial-state", "reset",        "update"};

}  // namespace

extern const ArchitectureKind bahdanau_kind;

const ArchitectureKind bahdanau_kind = {
    .name = "bahdanau",
    .make = [](const ModelOptions& options, VocabSizes sizes, Rng& rng) -> std::unique_ptr<Architecture> {
      return std::make_unique<Bahdanau>(options, sizes, rng);
    },
    .use_recipe = [](TrainOptions&) {},  // the defaults are its own
    .use_paper_recipe = use_bahdanau_paper,
    .check = check_bahdanau,
    .flags = bahdanau_flags};

}  // namespace grus::seq2seq
