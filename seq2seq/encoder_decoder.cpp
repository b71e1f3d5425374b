#include "seq2seq/encoder_decoder.h"

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

namespace init = nn::init;
using nn::Dropout;
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

int64_t EncoderDecoderOptions::row_size() const {
  if (maxout > 0) return embedding;
  return wide_output ? embedding + hidden + (context_every_step ? hidden : 0) : hidden;
}

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
                                            .dropout = o.dropout},
                                           rng))),
      decoder(child("decoder", GatedLayers({.input = o.embedding,
                                            .hidden = o.hidden,
                                            .layers = o.layers,
                                            .unit = o.unit,
                                            .form = o.form,
                                            .forget_bias = o.forget_bias,
                                            .context = o.context_every_step ? o.hidden : 0,
                                            .dropout = o.dropout},
                                           rng))),
      summary(linear_if(o.has_summary(), o.hidden, o.hidden, rng)),
      start(linear_if(o.start == Start::summary, o.hidden, states_of(o.unit) * o.layers * o.hidden, rng)),
      readout_state(linear_if(o.maxout > 0, o.hidden, 2 * o.maxout, rng)),
      readout_word(linear_if(o.maxout > 0, o.embedding, 2 * o.maxout, rng, {.bias = false})),
      readout_context(linear_if(o.maxout > 0 && o.context_every_step, o.hidden, 2 * o.maxout, rng, {.bias = false})),
      factor(linear_if(o.maxout > 0, o.maxout, o.embedding, rng, {.bias = false})),
      output_weight(param("output_weight", init::uniform_fan_in({o.target_words, o.row_size()}, rng))),
      output_bias(param("output_bias", init::zeros({o.target_words}))),
      drop_(child("drop", LockedDropout(o.dropout))),
      drop_words_(child("drop_words", Dropout(o.word_dropout))) {
  require<UsageError>(!o.wide_output || o.maxout == 0, "[EncoderDecoder] need no readout for a wide output, got {}",
                      o.maxout);
  require<UsageError>(o.summary_layer || o.start != Start::summary,
                      "[EncoderDecoder] need a summary layer for a first state of the summary, got none");
  if (summary) link_child("summary", *summary);
  if (start) link_child("start", *start);
  if (readout_state) link_child("readout_state", *readout_state);
  if (readout_word) link_child("readout_word", *readout_word);
  if (readout_context) link_child("readout_context", *readout_context);
  if (factor) link_child("factor", *factor);
}

Tensor EncoderDecoder::embed(const Embedding& table, const Tensor& ids, const Lengths& lengths) const {
  const Tensor x = table(ids);
  return drop_words_(drop_(options.input_scale == 1 ? x : x * options.input_scale, lengths), lengths);
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
  const Tensor last = encoded.state.h[options.layers - 1];
  if (summary) made.c = tanh((*summary)(last));
  else if (options.context_every_step) made.c = last;
  made.first = first_state(made.c, encoded.state);
  if (options.context_every_step) made.gates = decoder.context_gates(made.c);
  if (readout_context) made.readout = (*readout_context)(made.c);
  return made;
}

Output EncoderDecoder::decode(const Tensor& words, const Lengths& lengths, const State& first, const Summary& source,
                              const Tensor& owners) const {
  require_packed_words("words", words, lengths);
  const bool sees_context = source.readout.defined() || (options.wide_output && options.context_every_step);
  require(!sees_context || owners.shape() == Shape{lengths.total()},
          "[EncoderDecoder] need an owner of each of {} rows, got {}", lengths.total(), owners.shape());
  const Tensor x = embed(target_embedding, words, lengths);
  const Output out = decoder(x, lengths, first, source.gates, owners);
  const Tensor states = drop_(out.y, lengths);
  if (options.wide_output) {
    std::vector<Tensor> parts = {x, states};
    if (options.context_every_step) parts.push_back(gather_rows(source.c, owners));
    return {concat(parts, 1), out.state};
  }
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
