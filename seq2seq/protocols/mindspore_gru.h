#pragma once
// The translator of MindSpore's model zoo (mindspore-ai/models, official/nlp/GRU at c8aef5c), as its program computes
// it:
//   source    x = <sos>, words, <eos>, <pad> ... to 32 ids, all of which are read and looked at
//   encoder   h_s = [forward GRU; backward GRU], of H each
//   start     h'_0 = tanh(W [last forward; last backward])
//   context   c_t = sum_s a_s h_s,   a = softmax(v tanh(W_a h'_t-1 + U_a h_s + b)),   also over <pad>
//   decoder   h'_t = GRU([e(y_t-1); c_t], 0): the state before reaches the step through its attention alone
//   output    logits = V [e(y_t-1); h'_t; c_t] + b
#include "nn/attention.h"
#include "nn/dropout.h"
#include "nn/embedding.h"
#include "seq2seq/architecture.h"
#include "seq2seq/encoder_decoder.h"

namespace grus::seq2seq {

struct MindsporeGruOptions {
  int64_t source_words, target_words;
  int64_t embedding = 256, hidden = 512;       // E, H
  int64_t length = 32;                         // of a source with its marks and <pad>
  FirstWeights weights = FirstWeights::paper;  // paper: those of the program; scaled: those of the modules
  double dropout = 0;                          // of the output layer's rows; locked
};

class MindsporeGru final : public nn::Module<MindsporeGru>, public Architecture {
 public:
  explicit MindsporeGru(const MindsporeGruOptions& options, Rng& rng = default_rng());

  struct Encoded {
    nn::PreparedMemory memory;
    Tensor start;  // (B, H)
  };
  Encoded encode(const Tokens& source) const;
  /// Returns the cell of the decoder, for rows whose memory this is.
  std::unique_ptr<Cell> cell(nn::PreparedMemory memory) const;
  /// Returns the weights (N, S) of the words alone, of those (N, 1 + S ...) of marks, words and <pad>.
  static Tensor of_words(const Tensor& weights, const Lengths& source) {
    return weights.columns(1, 1 + source.longest());
  }
  /// Returns [word; state; context] (N, E + 3 H), the input of the output layer.
  static Tensor row(const Tensor& word, const Output& out);

  std::string_view name() const override { return "mindspore-gru"; }
  nn::ModuleBase& module() override { return *this; }
  const nn::ModuleBase& module() const override { return *this; }
  std::string description() const override;
  Forced forward_rows(const Tokens& source, const Tokens& inputs) const override;
  OutputLayer output() const override { return {output_weight, output_bias}; }
  Tensor source_words() const override { return source_embedding.weight; }
  Tensor summary(const Tokens& source) const override { return encode(source).start; }
  std::unique_ptr<Decoder> decode(const Tokens& source) const override;
  bool has_attention() const override { return true; }

  const MindsporeGruOptions options;
  nn::Embedding source_embedding, target_embedding;
  GatedLayers encoder;
  nn::Linear initial;            // W
  nn::Attention attention;       // query W_a and b, key U_a, v
  nn::Linear gates;              // of the decoder's GRU, from [word; context]: r, z, n
  nn::Parameter candidate_bias;  // b'_n, which r multiplies: n = tanh(gates_n + r b'_n)
  nn::Parameter output_weight, output_bias;

 private:
  nn::LockedDropout drop_;
};

}  // namespace grus::seq2seq
