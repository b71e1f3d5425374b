#include "seq2seq/bahdanau.h"

#include <fmt/format.h>

#include <cmath>

#include "nn/init.h"
#include "nn/maxout.h"
#include "ops/math/elementwise.h"
#include "ops/math/index.h"
#include "ops/math/matmul.h"
#include "ops/math/shape.h"
#include "seq2seq/first_weights.h"

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
  set_normal(table.weight, rng, 1 / std::sqrt(static_cast<double>(o.embedding)));
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
      attention(part(
          nn::Attention({.query = options.hidden, .memory = 2 * options.encoder, .hidden = options.attention}, rng))),
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
  set_orthogonal(encoder.cell(0, 0).weight_hh, rng);
  set_orthogonal(encoder.cell(0, 1).weight_hh, rng);
  if (first) set_orthogonal(first->weights.weight_hh, rng);
  set_orthogonal(second.weights.weight_hh, rng);
  if (options.weights == FirstWeights::paper) use_paper_weights(rng);
  if (options.tie != Tie::none) tie(target_embedding.weight, output_weight);
  if (options.tie == Tie::all) tie(target_embedding.weight, source_embedding.weight);
}

// Appendix B.1: recurrent matrices orthogonal, W_a and U_a N(0, 0.001^2), v_a and biases 0, all else N(0, 0.01^2).
void Bahdanau::use_paper_weights(Rng& rng) {
  set_zero(attention.v);
  set_normal(output_weight, rng);
  set_zero(output_bias);
  set_normal(source_embedding.weight, rng);
  set_normal(target_embedding.weight, rng);
  set_normal_inputs(encoder.cell(0, 0), rng);
  set_normal_inputs(encoder.cell(0, 1), rng);
  set_normal(initial, rng);
  set_normal(*attention.query, rng, 0.001);
  set_normal(*attention.key, rng, 0.001);
  if (first) set_normal_inputs(first->weights, rng);
  set_normal_inputs(second.weights, rng);
  set_normal(into_readout, rng);
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
  return {attention.prepare_packed(values, source.lengths), tanh(initial(summary))};
}

AttentionGruWeights Bahdanau::step_weights() const {
  return {.first = first ? GruWeights(first->weights) : GruWeights{},
          .second = second.weights,
          .query_weight = attention.query->weight,
          .query_bias = attention.query->bias,
          .v = attention.v,
          .form = options.form};
}

Tensor Bahdanau::readout(const Tensor& state, const Tensor& word, const Tensor& context) const {
  const Tensor r = into_readout(concat({state, word, context}, 1));
  return is_maxout(options) ? nn::maxout(r) : tanh(r);
}

Tensor Bahdanau::forward_rows(const Tokens& source, const Tokens& inputs) const {
  const Encoded encoded = encode(source);
  const Tensor words = drop_(embed(target_embedding, inputs.ids), inputs.lengths);
  const cells::AttentionGru cell(encoded.memory, step_weights(), inputs.lengths);
  const Output out = scan(cell, words, inputs.lengths, encoded.start);
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

}  // namespace grus::seq2seq
