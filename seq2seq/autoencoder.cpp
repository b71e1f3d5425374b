#include "seq2seq/autoencoder.h"

#include <fmt/format.h>

#include "data/text/vocab.h"
#include "nn/init.h"
#include "nn/window_autoencoder.h"
#include "ops/loss/linear_cross_entropy.h"
#include "ops/math/elementwise.h"
#include "ops/math/index.h"
#include "ops/math/reduce.h"
#include "ops/math/sampling.h"
#include "ops/math/shape.h"
#include "seq2seq/decoder_state.h"

namespace grus::seq2seq {
namespace {

AutoencoderOptions checked(const AutoencoderOptions& o) {
  require<UsageError>(
      o.words > 0 && o.embedding > 0 && o.hidden > 0 && o.latent > 0 && o.layers > 0,
      "[Autoencoder] need words, embedding, hidden, latent and layers of at least 1, got {}, {}, {}, {} "
      "and {}",
      o.words, o.embedding, o.hidden, o.latent, o.layers);
  for (const double p : {o.dropout, o.word_dropout})
    require<UsageError>(p >= 0 && p < 1, "[Autoencoder] need dropouts in [0, 1), got {}", p);
  return o;
}

int64_t state_size(const AutoencoderOptions& o) { return o.hidden * (o.bidirectional ? 2 : 1); }

class CodeDecoder final : public Decoder {
 public:
  CodeDecoder(const Autoencoder& model, const Tensor& z) : model_(model), gates_(model.decoder.context_gates(z)) {
    const AutoencoderOptions& o = model.options;
    first_ = nn::first_state(tanh(model.start(z)), o.layers, o.unit == Unit::lstm);
  }
  DecoderState start() const override { return layers_of(first_); }
  Step step(const Tensor& words, const DecoderState& state, const std::vector<int64_t>& sources) override {
    const Output out = model_.decoder(model_.embedding(words), Lengths::dense(1, words.numel()),
                                      state_of(state, model_.options.layers), gates_, Tensor::from(sources));
    return {layers_of(out.state), model_.readout(out.y), {}};
  }

 private:
  const Autoencoder& model_;
  std::vector<Tensor> gates_;
  State first_;
};

}  // namespace

Autoencoder::Autoencoder(AutoencoderOptions given, Rng& rng)
    : options(checked(given)),
      embedding(child("embedding", nn::Embedding({.count = given.words, .width = given.embedding}, rng))),
      latent(child("latent",
                   nn::GaussianLatent(
                       {.input = state_size(given), .size = given.latent, .variational = given.variational}, rng))),
      start(child("start",
                  nn::Linear(given.latent, given.layers * given.hidden * (given.unit == Unit::lstm ? 2 : 1), rng))),
      decoder(child("decoder", GatedLayers({.input = given.embedding,
                                            .hidden = given.hidden,
                                            .layers = given.layers,
                                            .unit = given.unit,
                                            .form = {Reset::after, Update::keep},
                                            .forget_bias = 1,
                                            .context = given.latent,
                                            .dropout = given.layers > 1 ? given.dropout : 0},
                                           rng))),
      readout(child("readout", nn::Linear(given.hidden, given.embedding, rng))),
      output_bias(param("output_bias", nn::init::zeros({given.words}))),
      dropout(child("dropout", nn::LockedDropout(given.dropout))) {
  const auto layers = [&](auto made) {
    made.input = options.embedding, made.hidden = options.hidden, made.layers = options.layers;
    made.bidirectional = options.bidirectional;
    return made;
  };
  embedding.weight.assign(nn::init::normal({options.words, options.embedding}, 0, 0.1, rng));
  if (options.unit == Unit::gru) gru.emplace(child("encoder", nn::Gru(layers(nn::GruOptions{}), rng)));
  else lstm.emplace(child("encoder", nn::Lstm(layers(nn::LstmOptions{}), rng)));
}

std::string Autoencoder::description() const {
  const AutoencoderOptions& o = options;
  return fmt::format("{} layer{} of {}, {}/{}, a code of {}{}", o.layers, o.layers == 1 ? "" : "s",
                     o.unit == Unit::lstm ? "LSTM" : "GRU", o.embedding, o.hidden, o.latent,
                     o.variational ? ", variational" : "");
}

nn::Code Autoencoder::encode(const Tokens& source) const {
  const Tensor x = dropout(embedding(source.ids), source.lengths);
  const Tensor h =
      gru ? gru->forward_packed(x, source.lengths).state.h : lstm->forward_packed(x, source.lengths).state.h;
  return latent(options.bidirectional ? concat({h[-2], h[-1]}, 1) : h[-1]);
}

// The first input of a sentence is <sos>, which stays; its rows are those of the first step.
Tensor Autoencoder::dropped(const Tokens& inputs) const {
  if (!is_training() || options.word_dropout == 0) return inputs.ids;
  static_assert(data::UNK == 0);
  const Tensor& ids = inputs.ids;
  const Tensor kept = bernoulli(Tensor::full(ids.shape(), 1 - options.word_dropout, DType::f32, ids.device()));
  const Tensor first = cast(equal(ids, Tensor::full(ids.shape(), data::SOS, ids.dtype(), ids.device())), DType::f32);
  return ids * cast(maximum(kept, first), ids.dtype());
}

Tensor Autoencoder::rows(const Tokens& inputs, const Tensor& z) const {
  const Tensor x = dropout(embedding(dropped(inputs)), inputs.lengths);
  const State first = nn::first_state(tanh(start(z)), options.layers, options.unit == Unit::lstm);
  const Tensor y = decoder(x, inputs.lengths, first, decoder.context_gates(z), inputs.lengths.batch_rows()).y;
  return readout(dropout(y, inputs.lengths));
}

Architecture::Forced Autoencoder::forward_rows(const Tokens& source, const Tokens& inputs) const {
  return {rows(inputs, encode(source).z), {}};
}

std::unique_ptr<Decoder> Autoencoder::decode(const Tokens& source) const {
  const NoGrad no_grad;
  return decode(encode(source).z);
}

std::unique_ptr<Decoder> Autoencoder::decode(const Tensor& z) const {
  const NoGrad no_grad;
  return std::make_unique<CodeDecoder>(*this, z);
}

AutoencoderLoss Autoencoder::loss(const PackedBatch& batch, double beta) const {
  const nn::Code code = encode(batch.source);
  const OutputLayer to = output();
  LinearCrossEntropyOutput out = linear_cross_entropy(rows(batch.inputs, code.z), to.weight, to.bias, batch.labels);
  AutoencoderLoss all{std::move(out.loss), std::move(out.nll_sum), {}};
  if (!options.variational) return all;
  const Tensor kl = sum(code.kl);
  all.kl_sum = kl.detach();
  all.loss = all.loss + kl * (beta / static_cast<double>(batch.labels.numel()));
  return all;
}

}  // namespace grus::seq2seq
