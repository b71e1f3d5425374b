#pragma once
// The translator of PyTorch's tutorial (pytorch/tutorials, intermediate_source/seq2seq_translation_tutorial.py at
// 05e7ce2), whose attention looks at places and not at what stands there:
//   source    words, <eos>
//   encoder   h_s = GRU(e(x_s), h_s-1), h_0 = 0
//   weights   a = softmax(W_a [e(y_t-1); h'_t-1] + b_a), of P = 10 places
//   context   c_t = sum_s a_s h_s, h_s = 0 behind a shorter source; further places of a longer one are not seen
//   decoder   h'_t = GRU(relu(W_c [e(y_t-1); c_t] + b_c), h'_t-1), h'_0 = h_N
//   output    logits = V h'_t + b
// Dropout acts on the decoder's embedded words, with a mask of each step. First values are PyTorch's own.
#include "nn/dropout.h"
#include "nn/embedding.h"
#include "seq2seq/architecture.h"
#include "seq2seq/encoder_decoder.h"

namespace grus::seq2seq {

struct PytorchListingOptions {
  int64_t source_words, target_words;
  int64_t hidden = 256;  // H, also of embeddings
  int64_t places = 10;   // P
  double dropout = 0.1;
};

class PytorchListing final : public nn::Module<PytorchListing>, public Architecture {
 public:
  explicit PytorchListing(const PytorchListingOptions& options, Rng& rng = default_rng());

  struct Encoded {
    Tensor states;  // (B, S, H) of S places, P at most
    Tensor start;   // (B, H)
  };
  Encoded encode(const Tokens& source) const;
  /// Returns the decoder's cell, whose rows look at states (N, S, H): row i at the i-th ones. Its attention gives the
  /// weights (N, S).
  std::unique_ptr<Cell> cell(const Tensor& states) const;
  /// Returns the weights (N, S) of a source's words, zeros for those that are not seen, of those of places.
  static Tensor of_words(const Tensor& weights, const Lengths& source);

  std::string_view name() const override { return "pytorch-listing"; }
  nn::ModuleBase& module() override { return *this; }
  const nn::ModuleBase& module() const override { return *this; }
  std::string description() const override;
  Forced forward_rows(const Tokens& source, const Tokens& inputs) const override;
  OutputLayer output() const override { return {out.weight, out.bias}; }
  Tensor source_words() const override { return source_embedding.weight; }
  Tensor summary(const Tokens& source) const override { return encode(source).start; }
  std::unique_ptr<Decoder> decode(const Tokens& source) const override;
  bool has_attention() const override { return true; }

  const PytorchListingOptions options;
  nn::Embedding source_embedding, target_embedding;
  GatedLayers encoder;
  nn::Linear attention, combine;  // W_a, W_c
  UnitCell unit;
  nn::Linear out;  // V
  nn::Dropout drop;
};

}  // namespace grus::seq2seq
