#include "seq2seq/bahdanau.h"

#include <fmt/format.h>

#include <cmath>

#include "nn/init.h"
#include "nn/lstm.h"
#include "nn/maxout.h"
#include "ops/math/elementwise.h"
#include "ops/math/index.h"
#include "ops/math/matmul.h"
#include "ops/math/shape.h"
#include "ops/sequence/sequence.h"
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
  require<UsageError>(o.score != nn::Score::dot || o.hidden == 2 * o.encoder,
                      "[Bahdanau] need an encoder of half of hidden ({}) for dot scores, got {} in each direction",
                      o.hidden, o.encoder);
  require<UsageError>(o.encoder_layers > 0 && o.decoder_layers > 0,
                      "[Bahdanau] need layers on both sides, got {} and {}", o.encoder_layers, o.decoder_layers);
  return o;
}

bool is_maxout(const BahdanauOptions& o) { return o.readout == BahdanauOptions::Readout::maxout; }

nn::Embedding make_embedding(int64_t words, const BahdanauOptions& o, Rng& rng) {
  nn::Embedding table({.count = words, .width = o.embedding, .padding_index = {}}, rng);
  set_normal(table.weight, rng, 1 / std::sqrt(static_cast<double>(o.embedding)));
  return table;
}

GatedLayers make_encoder(const BahdanauOptions& o, Rng& rng) {
  return GatedLayers({.input = o.embedding,
                      .hidden = o.encoder,
                      .layers = o.encoder_layers,
                      .unit = o.unit,
                      .form = o.form,
                      .forget_bias = o.forget_bias,
                      .dropout = o.dropout,
                      .locked = true,
                      .bidirectional = true,
                      .residual = o.residual},
                     rng);
}

UnitCell make_cell(const BahdanauOptions& o, int64_t input, Rng& rng) {
  return UnitCell({.input = input, .hidden = o.hidden, .unit = o.unit, .form = o.form, .forget_bias = o.forget_bias},
                  rng);
}

GatedLayers make_upper(const BahdanauOptions& o, Rng& rng) {
  return GatedLayers({.input = o.hidden,
                      .hidden = o.hidden,
                      .layers = o.decoder_layers - 1,
                      .unit = o.unit,
                      .form = o.form,
                      .forget_bias = o.forget_bias,
                      .dropout = o.dropout,
                      .locked = true,
                      .residual = o.residual,
                      .upper = true},
                     rng);
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
                               states_of(options.unit) * options.decoder_layers * options.hidden, rng))),
      attention(part(nn::Attention(
          {.query = options.hidden, .memory = 2 * options.encoder, .score = options.score, .hidden = options.attention},
          rng))),
      first(options.decoder == DecoderCell::conditional
                ? std::optional(child("first", make_cell(options, options.embedding, rng)))
                : std::nullopt),
      second(child("second", make_cell(options, 2 * options.encoder + (first ? 0 : options.embedding), rng))),
      upper(options.decoder_layers > 1 ? std::optional(child("upper", make_upper(options, rng))) : std::nullopt),
      into_readout(child("readout", nn::Linear(options.hidden + options.embedding + 2 * options.encoder,
                                               options.readout_size * (is_maxout(options) ? 2 : 1), rng))),
      output_weight(
          param("output_weight", init::normal({options.target_words, options.readout_size}, 0,
                                              1 / std::sqrt(static_cast<double>(options.readout_size)), rng))),
      output_bias(param("output_bias", init::zeros({options.target_words}))),
      drop_(child("drop", nn::LockedDropout(options.dropout))) {
  for (nn::CellParameters* cell : recurrent_cells()) set_orthogonal(cell->weight_hh, rng);
  if (options.weights == FirstWeights::paper) use_paper_weights(rng);
  if (options.tie != Tie::none) tie(target_embedding.weight, output_weight);
  if (options.tie == Tie::all) tie(target_embedding.weight, source_embedding.weight);
}

// In the order in which their first values are drawn.
std::vector<nn::CellParameters*> Bahdanau::recurrent_cells() {
  std::vector<nn::CellParameters*> cells;
  for (int64_t l = 0; l < options.encoder_layers; ++l)
    for (const int direction : {0, 1}) cells.push_back(&encoder.cell(l, direction));
  if (first) cells.push_back(&first->weights);
  cells.push_back(&second.weights);
  for (int64_t l = 0; l + 1 < options.decoder_layers; ++l) cells.push_back(&upper->cell(l));
  return cells;
}

// Appendix B.1: recurrent matrices orthogonal, W_a and U_a N(0, 0.001^2), v_a and biases 0, all else N(0, 0.01^2).
void Bahdanau::use_paper_weights(Rng& rng) {
  if (attention.v.defined()) set_zero(attention.v);
  set_normal(output_weight, rng);
  set_zero(output_bias);
  set_normal(source_embedding.weight, rng);
  set_normal(target_embedding.weight, rng);
  const auto set_inputs = [&](std::span<nn::CellParameters* const> cells) {
    for (nn::CellParameters* cell : cells) {
      set_normal_inputs(*cell, rng);
      if (options.unit == Unit::lstm) nn::add_forget_bias(*cell, options.forget_bias, "Bahdanau");
    }
  };
  const std::vector<nn::CellParameters*> cells = recurrent_cells();
  const auto of_encoder = static_cast<size_t>(2 * options.encoder_layers);
  set_inputs(std::span(cells).first(of_encoder));
  set_normal(initial, rng);
  if (attention.query) set_normal(*attention.query, rng, 0.001);
  if (attention.key) set_normal(*attention.key, rng, 0.001);
  set_inputs(std::span(cells).subspan(of_encoder));
  set_normal(into_readout, rng);
}

std::string Bahdanau::description() const {
  constexpr const char* scores[] = {"", ", dot attention", ", general attention"};
  const bool deep = options.encoder_layers > 1 || options.decoder_layers > 1;
  return fmt::format("Bahdanau et al. 2014, {} {}, {} readout, {}/{}{}{}{}", first ? "conditional" : "one",
                     options.unit == Unit::lstm ? "LSTM" : "GRU", is_maxout(options) ? "maxout" : "tanh",
                     options.embedding, options.hidden,
                     deep ? fmt::format(", {} and {} layers", options.encoder_layers, options.decoder_layers) : "",
                     options.residual ? " with residual connections" : "", scores[static_cast<size_t>(options.score)]);
}

// Embeddings start small, N(0, 1/E), because the output layer may share them; as inputs they should be larger.
Tensor Bahdanau::embed(const nn::Embedding& table, const Tensor& ids) const {
  const Tensor x = table(ids);
  return options.weights == FirstWeights::paper ? x : x * (std::sqrt(static_cast<double>(options.embedding)) / 4);
}

Bahdanau::Encoded Bahdanau::encode(const Tokens& source) const {
  const Tensor x = drop_(embed(source_embedding, source.ids), source.lengths);
  const Output encoded = encoder(x, source.lengths, State());
  const Tensor values = drop_(encoded.y, source.lengths);
  Tensor summary;
  if (options.start == BahdanauOptions::Start::mean) {
    std::vector<float> scale;
    for (const int64_t length : source.lengths.lengths())
      scale.push_back(1.0f / static_cast<float>(std::max<int64_t>(length, 1)));
    const int64_t batch = source.lengths.batch();
    summary = scatter_rows(values, source.lengths.batch_rows(), batch) * Tensor::from(scale, {batch, 1});
  } else {
    summary = encoded.state.h[2 * options.encoder_layers - 1];
  }
  nn::PreparedMemory memory;
  if (options.score == nn::Score::additive) memory.packed = attention.prepare_packed(values, source.lengths);
  else memory = attention.prepare(unpack(values, source.lengths), source.lengths);
  return {std::move(memory), tanh(initial(summary))};
}

DecoderState Bahdanau::layers_of(const Tensor& start) const {
  if (start.dim(1) == options.hidden) return {start};
  DecoderState layers;
  for (int64_t at = 0; at < start.dim(1); at += options.hidden)
    layers.push_back(start.columns(at, at + options.hidden));
  return layers;
}

State Bahdanau::attending_state(const DecoderState& layers) const {
  if (options.unit == Unit::gru) return layers[0];
  return {layers[0], layers[static_cast<size_t>(options.decoder_layers)]};
}

State Bahdanau::upper_state(const DecoderState& layers) const {
  const auto depth = options.decoder_layers;
  const auto above = [&](int64_t begin) {
    return stack(DecoderState(layers.begin() + begin + 1, layers.begin() + begin + depth), 0);
  };
  return {above(0), options.unit == Unit::lstm ? above(depth) : Tensor()};
}

AttentionGruWeights Bahdanau::step_weights() const {
  return {.first = first ? GruWeights(first->weights) : GruWeights{},
          .second = second.weights,
          .query_weight = attention.query->weight,
          .query_bias = attention.query->bias,
          .v = attention.v,
          .form = options.form};
}

AttentionCell Bahdanau::attention_cell(nn::PreparedMemory memory) const {
  return {first ? &*first : nullptr, second, attention, std::move(memory)};
}

Tensor Bahdanau::readout(const Tensor& state, const Tensor& word, const Tensor& context) const {
  const Tensor r = into_readout(concat({state, word, context}, 1));
  return is_maxout(options) ? nn::maxout(r) : tanh(r);
}

Output Bahdanau::attend(const Tensor& words, const Lengths& lengths, const Encoded& encoded,
                        const State& first_state) const {
  if (has_attention_gru())
    return scan(cells::AttentionGru(encoded.memory.packed, step_weights(), lengths), words, lengths, first_state);
  return scan(attention_cell(encoded.memory.of(lengths.order())), words, lengths, first_state);
}

Architecture::Forced Bahdanau::forward_rows(const Tokens& source, const Tokens& inputs) const {
  const Encoded encoded = encode(source);
  const DecoderState start = layers_of(encoded.start);
  const Lengths& lengths = inputs.lengths;
  const Tensor words = drop_(embed(target_embedding, inputs.ids), lengths);
  const Output out = attend(words, lengths, encoded, attending_state(start));
  Tensor states = upper ? (*upper)(out.y, lengths, upper_state(start)).y : out.y;
  if (options.readout_state == ReadoutState::before)
    states = previous_states(start[static_cast<size_t>(options.decoder_layers - 1)], states, lengths);
  return {drop_(readout(drop_(states, lengths), words, out.attention.context), lengths), out.attention.weights};
}

}  // namespace grus::seq2seq
