#pragma once
// Bahdanau, Cho and Bengio 2014 (arXiv 1409.0473), appendix A, with today's choices as options:
//   encoder   h_s = [forward GRU; backward GRU] over the embedded source, layer upon layer
//   start     s_0 = tanh(W mean_s h_s)                        or tanh(W backward h_1), as in the paper; for each layer
//   step      s', c = AttentionGru(word, s)                   conditional pair, or the paper's single GRU
//   upper     s'_l = GRU_l(s'_l-1, s_l)                       further decoder layers, none in the paper
//   readout   t = tanh(W_o [s'; word; c])                     or maxout over pairs of [s; word; c], as in the paper
//   output    logits = V t + b                                V tied to the embedding or not
// LSTMs may stand for GRUs, and scores may be those of Luong et al. 2015 (nn/attention.h). Depth is that of Wu et al.
// 2016 (arXiv 1609.08144): the decoder's lowest layer attends, and residual connections begin with the second layer.
//
// Sources: bahdanau.cpp, bahdanau_decoder.cpp, and bahdanau_kind.cpp, which makes a model of flags and has the recipes
// of its training.
#include <optional>

#include "nn/attention.h"
#include "nn/dropout.h"
#include "nn/embedding.h"
#include "nn/linear.h"
#include "ops/sequence/attention_gru.h"
#include "seq2seq/architecture.h"
#include "seq2seq/attention_cell.h"
#include "seq2seq/encoder_decoder.h"
#include "seq2seq/unit.h"

namespace grus::seq2seq {

struct BahdanauOptions {
  enum class Start { mean, backward };  // which states the first decoder state is a projection of
  enum class Readout { tanh, maxout };

  int64_t source_words, target_words;  // V
  int64_t embedding = 256;             // E
  int64_t hidden = 512;                // H, size of the decoder's state
  int64_t encoder = 0;                 // size of each direction; 0: H / 2
  int64_t attention = 0;               // A, size of the attention layer; 0: H
  int64_t readout_size = 0;            // R, size of the readout; 0: E
  int64_t encoder_layers = 1, decoder_layers = 1;
  bool residual = false;  // y = x + unit(x) from each side's second layer on
  Unit unit = Unit::gru;
  double forget_bias = 0;                            // for LSTMs
  nn::Score score = nn::Score::additive;             // dot: H = 2 encoder
  DecoderCell decoder = DecoderCell::conditional;    // single: one GRU on [word; context], as in the paper
  GruForm form = {Reset::after, Update::keep};       // the paper: before, replace
  Start start = Start::mean;                         // the paper: backward
  Readout readout = Readout::tanh;                   // the paper: maxout over pairs
  ReadoutState readout_state = ReadoutState::after;  // the paper: before
  Tie tie = Tie::all;                                // the paper: none
  FirstWeights weights = FirstWeights::scaled;       // the paper: appendix B.1
  double dropout = 0.2;                              // of words, of rows, between layers; one mask for all steps
};

class Bahdanau final : public nn::Module<Bahdanau>, public Architecture {
 public:
  /// Throws UsageError for sizes that tied embeddings or dot scores cannot have.
  explicit Bahdanau(const BahdanauOptions& options, Rng& rng = default_rng());

  struct Encoded {
    nn::PreparedMemory memory;  // of the sources; PreparedMemory::of makes that of any rows
    Tensor start;               // (B, L H), or (B, 2 L H) of LSTMs: h of the decoder's L layers, then c of each
  };
  Encoded encode(const Tokens& source) const;
  Tensor embed(const nn::Embedding& table, const Tensor& ids) const;
  /// Says whether the attending layer is cells::AttentionGru, whose loop is one op.
  bool has_attention_gru() const { return options.unit == Unit::gru && options.score == nn::Score::additive; }
  /// Returns the weights of that cell.
  AttentionGruWeights step_weights() const;
  /// Returns the attending layer's cell, for rows whose memory this is.
  AttentionCell attention_cell(nn::PreparedMemory memory) const;
  /// Returns the parts of Encoded::start: h of every layer, then c; and the states that the layers take of such parts.
  DecoderState layers_of(const Tensor& start) const;
  State attending_state(const DecoderState& layers) const;
  State upper_state(const DecoderState& layers) const;
  /// Takes state (N, H), word (N, E) and context (N, 2 encoder) of N places; returns the readout (N, R).
  Tensor readout(const Tensor& state, const Tensor& word, const Tensor& context) const;

  std::string_view name() const override { return "bahdanau"; }
  nn::ModuleBase& module() override { return *this; }
  const nn::ModuleBase& module() const override { return *this; }
  std::string description() const override;
  Forced forward_rows(const Tokens& source, const Tokens& inputs) const override;
  OutputLayer output() const override { return {output_weight, output_bias}; }
  Tensor source_words() const override { return source_embedding.weight; }
  Tensor summary(const Tokens& source) const override { return encode(source).start; }
  std::unique_ptr<Decoder> decode(const Tokens& source) const override;
  bool has_attention() const override { return true; }

  const BahdanauOptions options;  // with every size filled in
  nn::Embedding source_embedding, target_embedding;
  GatedLayers encoder;
  nn::Linear initial;                // from the encoder's summary to s_0
  nn::Attention attention;           // query W_a, key U_a, v_a, under these names
  std::optional<UnitCell> first;     // the unit that takes the word, where the decoder is conditional
  UnitCell second;                   // the unit that takes the context, or word and context
  std::optional<GatedLayers> upper;  // the decoder's further layers
  nn::Linear into_readout;
  nn::Parameter output_weight, output_bias;

 private:
  void use_paper_weights(Rng& rng);
  std::vector<nn::CellParameters*> recurrent_cells();
  /// Runs the attending layer over words (N, E).
  Output attend(const Tensor& words, const Lengths& lengths, const Encoded& encoded, const State& first_state) const;
  nn::LockedDropout drop_;
};

}  // namespace grus::seq2seq
