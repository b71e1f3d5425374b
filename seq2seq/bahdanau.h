#pragma once
// Bahdanau, Cho and Bengio 2014 (arXiv 1409.0473), appendix A, with today's choices as options:
//   encoder   h_s = [forward GRU; backward GRU] over the embedded source
//   start     s_0 = tanh(W mean_s h_s)                        or tanh(W backward h_1), as in the paper
//   step      s', c = AttentionGru(word, s)                   conditional pair, or the paper's single GRU
//   readout   t = tanh(W_o [s'; word; c])                     or maxout over pairs of [s; word; c], as in the paper
//   output    logits = V t + b                                V tied to the embedding or not
//
// Sources: bahdanau.cpp, and bahdanau_kind.cpp, which makes a model of flags and has the recipes of its training.
#include <optional>

#include "nn/attention.h"
#include "nn/dropout.h"
#include "nn/embedding.h"
#include "nn/gru.h"
#include "nn/linear.h"
#include "ops/sequence/attention_gru.h"
#include "seq2seq/architecture.h"

namespace grus::seq2seq {

struct BahdanauOptions {
  enum class Start { mean, backward };  // which states the first decoder state is a projection of
  enum class Readout { tanh, maxout };

  int64_t source_words, target_words;                // V
  int64_t embedding = 256;                           // E
  int64_t hidden = 512;                              // H, size of the decoder's state
  int64_t encoder = 0;                               // size of each direction; 0: H / 2
  int64_t attention = 0;                             // A, size of the attention layer; 0: H
  int64_t readout_size = 0;                          // R, size of the readout; 0: E
  DecoderCell decoder = DecoderCell::conditional;    // single: one GRU on [word; context], as in the paper
  GruForm form = {Reset::after, Update::keep};       // the paper: before, replace
  Start start = Start::mean;                         // the paper: backward
  Readout readout = Readout::tanh;                   // the paper: maxout over pairs
  ReadoutState readout_state = ReadoutState::after;  // the paper: before
  Tie tie = Tie::all;                                // the paper: none
  FirstWeights weights = FirstWeights::scaled;       // the paper: appendix B.1
  double dropout = 0.2;                              // locked: one mask for all time steps
};

class Bahdanau final : public nn::Module<Bahdanau>, public Architecture {
 public:
  /// Throws UsageError for sizes that tied embeddings cannot have.
  explicit Bahdanau(const BahdanauOptions& options, Rng& rng = default_rng());

  struct Encoded {
    AttentionMemory memory;
    Tensor start;  // (B, H)
  };
  Encoded encode(const Tokens& source) const;
  Tensor embed(const nn::Embedding& table, const Tensor& ids) const;
  /// Returns the weights of the decoder's cell.
  AttentionGruWeights step_weights() const;
  /// Takes state (N, H), word (N, E) and context (N, 2 encoder) of N places; returns the readout (N, R).
  Tensor readout(const Tensor& state, const Tensor& word, const Tensor& context) const;

  std::string_view name() const override { return "bahdanau"; }
  nn::ModuleBase& module() override { return *this; }
  const nn::ModuleBase& module() const override { return *this; }
  std::string description() const override;
  Tensor forward_rows(const Tokens& source, const Tokens& inputs) const override;
  OutputLayer output() const override { return {output_weight, output_bias}; }
  Tensor source_words() const override { return source_embedding.weight; }
  Tensor summary(const Tokens& source) const override { return encode(source).start; }
  std::unique_ptr<Decoder> decode(const Tokens& source) const override;
  bool has_attention() const override { return true; }

  const BahdanauOptions options;  // with every size filled in
  nn::Embedding source_embedding, target_embedding;
  nn::Gru encoder;
  nn::Linear initial;                // from the encoder's summary to s_0
  nn::Attention attention;           // query W_a, key U_a, v_a, under these names
  std::optional<nn::GruCell> first;  // the GRU that takes the word, where the decoder is conditional
  nn::GruCell second;                // the GRU that takes the context, or word and context
  nn::Linear into_readout;
  nn::Parameter output_weight, output_bias;

 private:
  void use_paper_weights(Rng& rng);
  nn::LockedDropout drop_;
};

}  // namespace grus::seq2seq
