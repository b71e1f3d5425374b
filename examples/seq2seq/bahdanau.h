#pragma once
// Bahdanau, Cho and Bengio 2014 (arXiv 1409.0473), appendix A, with today's choices as options:
//   encoder   h_s = [forward GRU; backward GRU] over the embedded source
//   start     s_0 = tanh(W mean_s h_s)                        or tanh(W backward h_1), as in the paper
//   step      s', c = attention_gru(word, s)                  conditional pair, or the paper's single GRU
//   readout   t = tanh(W_o [s'; word; c])                     or maxout over pairs of [s; word; c], as in the paper
//   output    logits = V t + b                                V tied to the embedding or not
#include <optional>

#include "examples/seq2seq/architecture.h"
#include "nn/dropout.h"
#include "nn/embedding.h"
#include "nn/gru.h"
#include "nn/linear.h"
#include "ops/attention_gru.h"

namespace grus::seq2seq {

class Bahdanau final : public nn::Module<Bahdanau>, public Architecture {
 public:
  Bahdanau(const ModelOptions& options, VocabSizes sizes, Rng& rng);

  struct Encoded {
    AttentionMemory memory;
    Tensor start;  // (B, H)
  };
  Encoded encode(const Tokens& source) const;
  Tensor embed(const nn::Embedding& table, const Tensor& ids) const;
  AttentionGruWeights step_weights() const;
  /// state, word, context: one row each place.
  Tensor readout(const Tensor& state, const Tensor& word, const Tensor& context) const;

  std::string_view name() const override { return "bahdanau"; }
  nn::ModuleBase& module() override { return *this; }
  std::string description() const override;
  Tensor forward_rows(const Tokens& source, const Tokens& inputs) const override;
  OutputLayer output() const override { return {output_weight, output_bias}; }
  Tensor source_words() const override { return source_embedding.weight; }
  Tensor summary(const Tokens& source) const override { return encode(source).start; }
  std::unique_ptr<Decoder> decode(const Tokens& source) const override;
  bool has_attention() const override { return true; }

  const ModelOptions options;
  nn::Embedding source_embedding, target_embedding;
  nn::Gru encoder;
  nn::Linear initial;                // encoder's summary -> s_0
  nn::Linear query, key;             // W_a, U_a
  nn::Parameter v;                   // v_a
  std::optional<nn::GruCell> first;  // conditional: takes the word
  nn::GruCell second;                // takes the context, or both
  nn::Linear into_readout;
  nn::Parameter output_weight, output_bias;

 private:
  bool uses_new_state() const { return options.readout_state == "new"; }
  void use_paper_weights(Rng& rng);
  nn::LockedDropout drop_;
};

}  // namespace grus::seq2seq
