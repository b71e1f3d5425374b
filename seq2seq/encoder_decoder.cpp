#include "seq2seq/encoder_decoder.h"

#include <fmt/format.h>

#include <cmath>

#include "nn/gru.h"
#include "nn/init.h"
#include "nn/lstm.h"
#include "nn/maxout.h"
#include "ops/math/dropout.h"
#include "ops/math/elementwise.h"
#include "ops/math/index.h"
#include "ops/math/matmul.h"
#include "ops/math/shape.h"
#include "seq2seq/first_weights.h"

namespace grus::seq2seq {

namespace init = nn::init;
using nn::CellParameters;
using nn::Embedding;
using nn::Linear;
using nn::LinearOptions;
using nn::LockedDropout;
using nn::maxout;
using nn::Parameter;

namespace {

void require_packed_words(const char* what, const Tensor& ids, const Lengths& lengths) {
  require<UsageError>(ids.defined(), "[EncoderDecoder] need {}, got an undefined tensor", what);
  require(ids.shape() == Shape{lengths.total()}, "[EncoderDecoder] need {} (N = {}), packed by their lengths, got {}",
          what, lengths.total(), ids.shape());
}

std::optional<Linear> linear_if(bool wanted, int64_t in, int64_t out, Rng& rng, LinearOptions options = {}) {
  return wanted ? std::optional(Linear(in, out, rng, options)) : std::nullopt;
}

}  // namespace

GatedLayers::GatedLayers(GatedLayersOptions given, Rng& rng)
    : Module("GatedLayers", gates_of(given.unit), true,
             nn::RecurrentOptions{.input = given.input,
                                  .hidden = given.hidden,
                                  .layers = given.layers,
                                  .dropout = given.layers > 1 ? given.dropout : 0,
                                  .locked_dropout = given.locked,
                                  .bidirectional = given.bidirectional},
             rng),
      options(given) {
  require<UsageError>(given.context == 0 || !(given.bidirectional || given.residual || given.upper),
                      "[GatedLayers] need layers in one direction without residual connections for a context, got {}",
                      given.context);
  if (options.unit == Unit::gru) set_convention(nn::convention_of(options.form));
  for (int64_t l = 0; l < options.layers; ++l) {
    for (int direction = 0; direction < directions() && options.unit == Unit::lstm; ++direction)
      nn::add_forget_bias(cell(l, direction), options.forget_bias, "GatedLayers");
    if (options.context > 0)
      context_weights.push_back(
          param(fmt::format("weight_ch_l{}", l),
                init::uniform_fan_in({gates_of(options.unit) * options.hidden, options.context}, rng)));
  }
}

std::vector<Tensor> GatedLayers::context_gates(const Tensor& c) const {
  std::vector<Tensor> gates;
  for (const Parameter& weight : context_weights) gates.push_back(linear(c, weight, Tensor()));
  return gates;
}

namespace {

/// A unit whose gates also receive a vector of the sequence that the row belongs to.
class WithContext final : public grus::Cell {
 public:
  WithContext(const GatedLayersOptions& options, const nn::CellParameters& cell, Tensor gates, Tensor owners)
      : parameters_(cell),
        gates_(std::move(gates)),
        owners_(std::move(owners)),
        unit_(make_unit(options.unit, options.form, {{}, parameters_.weight_hh, {}, parameters_.bias_hh})) {}

  std::vector<int64_t> sizes() const override { return unit_->sizes(); }
  Tensor project(const Tensor& x) const override {
    return linear(x, parameters_.weight_ih, parameters_.bias_ih) + gather_rows(gates_, owners_);
  }
  Output step(const Tensor& x, const State& state) const override { return unit_->step(x, state); }
  std::optional<Output> fused(const Tensor& x, const Lengths& lengths, const State& first,
                              bool reverse) const override {
    return scan(*unit_, project(x), lengths, first, {.reverse = reverse});
  }
  const char* name() const override { return unit_->name(); }

 private:
  const RecurrentWeights parameters_;
  const Tensor gates_, owners_;
  const std::shared_ptr<const grus::Cell> unit_;
};

}  // namespace

std::shared_ptr<const grus::Cell> GatedLayers::made_of(const RecurrentWeights& given) const {
  return make_unit(options.unit, options.form, given);
}

Output GatedLayers::forward(const Tensor& x, const Lengths& lengths, const State& first,
                            const std::vector<Tensor>& context_gates, const Tensor& owners) const {
  require<UsageError>(context_gates.size() == context_weights.size(),
                      "[GatedLayers] need the context's gates for {} layers, got {}", context_weights.size(),
                      context_gates.size());
  for (const Tensor& gates : context_gates) {
    require_same_kind("GatedLayers", x, gates);
    require(gates.rank() == 2 && gates.dim(1) == gates_of(options.unit) * options.hidden,
            "[GatedLayers] need context's gates (B, {}), got {}", gates_of(options.unit) * options.hidden,
            gates.shape());
  }
  require<UsageError>(context_gates.empty() || owners.defined(), "[GatedLayers] need owners of rows, got none");
  require(context_gates.empty() || owners.shape() == Shape{lengths.total()},
          "[GatedLayers] need an owner of each of {} rows, got {}", lengths.total(), owners.shape());
  if (options.residual || options.upper) return run_each(x, lengths, first);
  if (context_gates.empty()) return run_packed(x, lengths, first, cells());
  Cells with_context;
  for (size_t l = 0; l < context_gates.size(); ++l)
    with_context.push_back(
        std::make_shared<WithContext>(options, cell(static_cast<int64_t>(l)), context_gates[l], owners));
  return run_packed(x, lengths, first, with_context);
}

Output GatedLayers::run_each(const Tensor& x, const Lengths& lengths, const State& first) const {
  const Cells all = cells();
  const int64_t sides = directions();
  const double rate = is_training() ? options.dropout : 0;
  Output out(x, {});
  std::vector<Tensor> h, c;
  for (int64_t l = 0; l < options.layers; ++l) {
    const bool above = l > 0 || options.upper;
    const Tensor below = out.y;
    const Tensor dropped = above && rate > 0 ? dropout(below, rate, default_rng(),
                                                       options.locked ? lengths.batch_rows() : lengths.packed_rows())
                                             : below;
    std::vector<const grus::Cell*> layer;
    for (int64_t side = 0; side < sides; ++side) layer.push_back(all[static_cast<size_t>(l * sides + side)].get());
    const auto part = [&](const Tensor& s) { return s.defined() ? s.rows(l * sides, (l + 1) * sides) : s; };
    out = scan(layer, dropped, lengths, {part(first.h), part(first.c)}, {.bidirectional = options.bidirectional});
    if (above && options.residual) out.y = below + out.y;
    h.push_back(out.state.h);
    if (out.state.c.defined()) c.push_back(out.state.c);
  }
  out.state = {concat(h), c.empty() ? Tensor() : concat(c)};
  return out;
}

namespace {
double dropout_between_layers(const EncoderDecoderOptions& o) { return o.layers > 1 ? o.dropout : 0; }
}  // namespace

EncoderDecoder::EncoderDecoder(EncoderDecoderOptions o, Rng& rng)
    : options(o),
      source_embedding(child("source_embedding", Embedding({.count = o.source_words, .width = o.embedding}, rng))),
      target_embedding(
          child("target_embedding",
                Embedding({.count = o.target_words, .width = o.embedding, .padding_index = o.start_word}, rng))),
      encoder(child("encoder", GatedLayers({.input = o.embedding,
                                            .hidden = o.hidden,
                                            .layers = o.layers,
                                            .unit = o.unit,
                                            .form = o.form,
                                            .forget_bias = o.forget_bias,
                                            .dropout = dropout_between_layers(o)},
                                           rng))),
      decoder(child("decoder", GatedLayers({.input = o.embedding,
                                            .hidden = o.hidden,
                                            .layers = o.layers,
                                            .unit = o.unit,
                                            .form = o.form,
                                            .forget_bias = o.forget_bias,
                                            .context = o.context_every_step ? o.hidden : 0,
                                            .dropout = dropout_between_layers(o)},
                                           rng))),
      summary(linear_if(o.has_summary(), o.hidden, o.hidden, rng)),
      start(linear_if(o.start == Start::summary, o.hidden, states_of(o.unit) * o.layers * o.hidden, rng)),
      readout_state(linear_if(o.maxout > 0, o.hidden, 2 * o.maxout, rng)),
      readout_word(linear_if(o.maxout > 0, o.embedding, 2 * o.maxout, rng, {.bias = false})),
      readout_context(linear_if(o.maxout > 0 && o.context_every_step, o.hidden, 2 * o.maxout, rng, {.bias = false})),
      factor(linear_if(o.maxout > 0, o.maxout, o.embedding, rng, {.bias = false})),
      output_weight(
          param("output_weight", init::uniform_fan_in({o.target_words, o.maxout > 0 ? o.embedding : o.hidden}, rng))),
      output_bias(param("output_bias", init::zeros({o.target_words}))),
      drop_(child("drop", LockedDropout(o.dropout))) {
  if (summary) link_child("summary", *summary);
  if (start) link_child("start", *start);
  if (readout_state) link_child("readout_state", *readout_state);
  if (readout_word) link_child("readout_word", *readout_word);
  if (readout_context) link_child("readout_context", *readout_context);
  if (factor) link_child("factor", *factor);
}

Tensor EncoderDecoder::embed(const Embedding& table, const Tensor& ids, const Lengths& lengths) const {
  const Tensor x = table(ids);
  return drop_(options.input_scale == 1 ? x : x * options.input_scale, lengths);
}

// tanh(V' c) holds h of every layer, then, for an LSTM, c of every layer.
State EncoderDecoder::first_state(const Tensor& c, const State& last) const {
  if (options.start == Start::states) return last;
  if (options.start == Start::zeros) return {};
  const Tensor all = tanh((*start)(c));
  std::vector<Tensor> parts;
  for (int64_t l = 0; l < states_of(options.unit) * options.layers; ++l)
    parts.push_back(slice(all, 1, l * options.hidden, (l + 1) * options.hidden));
  const Tensor states = stack(parts, 0);
  return {states.rows(0, options.layers),
          options.unit == Unit::lstm ? states.rows(options.layers, 2 * options.layers) : Tensor()};
}

Summary EncoderDecoder::encode(const Tensor& source, const Lengths& lengths) const {
  require_packed_words("source", source, lengths);
  const Output encoded = encoder(embed(source_embedding, source, lengths), lengths, State());
  Summary made;
  if (summary) made.c = tanh((*summary)(encoded.state.h[options.layers - 1]));
  made.first = first_state(made.c, encoded.state);
  if (options.context_every_step) made.gates = decoder.context_gates(made.c);
  if (readout_context) made.readout = (*readout_context)(made.c);
  return made;
}

Output EncoderDecoder::decode(const Tensor& words, const Lengths& lengths, const State& first, const Summary& source,
                              const Tensor& owners) const {
  require_packed_words("words", words, lengths);
  require(!source.readout.defined() || owners.shape() == Shape{lengths.total()},
          "[EncoderDecoder] need an owner of each of {} rows, got {}", lengths.total(), owners.shape());
  const Tensor x = embed(target_embedding, words, lengths);
  const Output out = decoder(x, lengths, first, source.gates, owners);
  const Tensor states = drop_(out.y, lengths);
  if (!readout_state) return {states, out.state};
  Tensor sums = (*readout_state)(states) + (*readout_word)(x);
  if (source.readout.defined()) sums = sums + gather_rows(source.readout, owners);
  return {drop_((*factor)(maxout(sums)), lengths), out.state};
}

Tensor EncoderDecoder::forward(const Tensor& source, const Lengths& source_lengths, const Tensor& inputs,
                               const Lengths& input_lengths) const {
  const Summary encoded = encode(source, source_lengths);
  return decode(inputs, input_lengths, encoded.first, encoded, input_lengths.batch_rows()).y;
}

void set_scaled_weights(EncoderDecoder& model, Rng& rng) {
  const auto draw = [&rng](Parameter& p) { set_normal(p, rng, 1 / std::sqrt(static_cast<double>(p.dim(1)))); };
  draw(model.output_weight);
  draw(model.source_embedding.weight);
  draw(model.target_embedding.weight);
  for (GatedLayers* layers : {&model.encoder, &model.decoder})
    for (int64_t l = 0; l < layers->options.layers; ++l) set_orthogonal(layers->cell(l).weight_hh, rng);
  model.target_embedding.zero_padding();
  model.options.input_scale = std::sqrt(static_cast<double>(model.options.embedding)) / 4;
}

}  // namespace grus::seq2seq
