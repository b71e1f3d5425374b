#pragma once
// A sequence autoencoder: a sentence becomes one vector, from which a language model gives it back. In its variational
// form the vectors of all sentences fill a space, in which one can walk (Bowman et al. 2016, arXiv 1511.06349).
//
//   encoder   h = unit(e(x_1) ... e(x_T)), the last states of one direction or of both side by side
//   code      z = mu(h), or mu + sigma eps in training where it is variational        nn/gaussian_latent.h
//   start     s_0 = tanh(U z + u)
//   decoder   s_t = unit'(e(y_t-1), s_t-1), C z in every gate; in training some y_t-1 are <unk> (word dropout)
//   output    logits = E (R s_t + r) + b, E the embedding
//   loss      (sum of -log p(y_t) + beta sum of KL) / words
#include "nn/dropout.h"
#include "nn/embedding.h"
#include "nn/gaussian_latent.h"
#include "nn/gru.h"
#include "nn/lstm.h"
#include "seq2seq/architecture.h"
#include "seq2seq/encoder_decoder.h"
#include "seq2seq/likelihood.h"

namespace grus::seq2seq {

struct AutoencoderOptions {
  int64_t words;  // V
  int64_t embedding = 192, hidden = 256, latent = 256, layers = 1;
  Unit unit = Unit::gru;
  bool bidirectional = true, variational = false;
  double dropout = 0;       // of embedded words and before the output, one mask for all steps
  double word_dropout = 0;  // chance that the decoder reads <unk> instead of the word before
};

struct AutoencoderLoss {
  Tensor loss;     // () in nats a word; what training minimises
  Tensor nll_sum;  // () sum of -log p, without gradient
  Tensor kl_sum;   // () sum of KL, without gradient; undefined unless variational
};

/// Its source and its target are the same sentence, so that search and likelihoods are those of a translator.
class Autoencoder final : public nn::Module<Autoencoder>, public Architecture {
 public:
  /// Throws UsageError for sizes below 1 and dropouts outside [0, 1).
  explicit Autoencoder(AutoencoderOptions options, Rng& rng = default_rng());

  std::string_view name() const override { return "autoencoder"; }
  nn::ModuleBase& module() override { return *this; }
  const nn::ModuleBase& module() const override { return *this; }
  std::string description() const override;
  OutputLayer output() const override { return {embedding.weight, output_bias}; }
  Tensor source_words() const override { return embedding.weight; }

  nn::Code encode(const Tokens& source) const;
  /// Returns z (B, Z).
  Tensor summary(const Tokens& source) const override { return encode(source).z; }
  Forced forward_rows(const Tokens& source, const Tokens& inputs) const override;
  std::unique_ptr<Decoder> decode(const Tokens& source) const override;
  /// Returns a decoder of codes (B, Z), whichever sentences they stand for.
  std::unique_ptr<Decoder> decode(const Tensor& z) const;
  /// Returns the loss of a batch whose source and target are equal; beta weighs the KL.
  AutoencoderLoss loss(const PackedBatch& batch, double beta) const;

  AutoencoderOptions options;
  nn::Embedding embedding;
  std::optional<nn::Gru> gru;
  std::optional<nn::Lstm> lstm;
  nn::GaussianLatent latent;
  nn::Linear start;
  GatedLayers decoder;
  nn::Linear readout;
  nn::Parameter output_bias;
  nn::LockedDropout dropout;

 private:
  Tensor rows(const Tokens& inputs, const Tensor& z) const;
  Tensor dropped(const Tokens& inputs) const;
};

}  // namespace grus::seq2seq
