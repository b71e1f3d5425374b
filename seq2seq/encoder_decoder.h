#pragma once
// An encoder and a decoder are joined by one vector. Equations are those of Cho et al. 2014 (arXiv 1406.1078v3,
// appendix A; with the biases that it omits) and of Sutskever et al. 2014 (arXiv 1409.3215, section 2), with any number
// of layers:
//
//
//   encoder   h_t = unit(e(x_t), h_t-1), h_0 = 0                         Cho A.1.1; gated unit: main text, eq. 5 to 8
//   summary   c = tanh(V h_N), h_N the last layer's last state           Cho A.1.1; or c = h_N, without a layer
//   start     h'_0 = tanh(V' c)                                          Cho A.1.2
//             or each layer's own last state                             Sutskever, section 2
//   decoder   h'_t = unit(W' e(y_t-1) + C c, h'_t-1), e(y_0) = 0; c in every gate     Cho A.1.2; Sutskever: no C c
//   readout   s_t = max of pairs of O_h h'_t + O_y e(y_t-1) + O_c c      Cho A.1.2; Sutskever: s_t = h'_t
//   output    logits = G_l G_r s_t, of rank E                            Cho A.1.2; Sutskever: G s_t;
//             or G [e(y_t-1); h'_t; c], without a readout
//
// Cho A.1.2 prints the decoder's candidate as tanh(W' e + r' * (U' h' + C c)). The paper's eq. 8, its encoder and its
// authors' program multiply r by the state before the product, and so does Reset::before on both sides.
//
// Sources: encoder_decoder.cpp, gated_layers.cpp.
#include <optional>

#include "nn/dropout.h"
#include "nn/embedding.h"
#include "nn/linear.h"
#include "nn/recurrent.h"
#include "seq2seq/unit.h"

namespace grus::seq2seq {

struct GatedLayersOptions {
  int64_t input, hidden;
  int64_t layers = 1;
  Unit unit = Unit::gru;
  GruForm form = {};       // for gated units
  double forget_bias = 0;  // for LSTMs
  int64_t context = 0;     // size of a vector c that goes into the gates of every layer; 0: none
  double dropout = 0;      // of the rows between layers, in training
  bool locked = false;     // one mask for all steps of a sequence
  bool bidirectional = false;
  bool residual = false;  // nn::RecurrentOptions::residual
  bool upper = false;     // nn::RecurrentOptions::upper
};

/// Layers of either unit run on packed rows; a vector of each sequence may go into the gates at every step. Parameters
/// bear the names of Gru's and Lstm's, and weight_ch_l0 (G H, C), ... for that vector.
class GatedLayers : public nn::Module<GatedLayers, nn::RecurrentStack> {
 public:
  explicit GatedLayers(GatedLayersOptions options, Rng& rng = default_rng());
  /// Returns C_l c for each layer l: c (B, C) -> (B, G H), once for all steps.
  std::vector<Tensor> context_gates(const Tensor& c) const;

  /// Takes x (N, I) and owners (N) i64, the row of context_gates that each packed row takes; returns y (N, D H) and the
  /// last state (L D, B, H).
  Output forward(const Tensor& x, const Lengths& lengths, const State& first,
                 const std::vector<Tensor>& context_gates = {}, const Tensor& owners = Tensor()) const;

  GatedLayersOptions options;
  std::vector<nn::Parameter> context_weights;  // weight_ch_l0, weight_ch_l1, ...

 protected:
  std::shared_ptr<const grus::Cell> made_of(const RecurrentWeights& given) const override;
};

/// Start says where the decoder's first state comes from.
enum class Start { summary, states, zeros };

struct EncoderDecoderOptions {
  int64_t source_words, target_words;  // V
  int64_t embedding, hidden;           // E, H
  int64_t layers = 1;
  Unit unit = Unit::gru;
  GruForm form = {Reset::before, Update::keep};
  double forget_bias = 0;
  Start start = Start::summary;
  bool context_every_step = true;  // C c and O_c c at every step; or c is in the first state alone
  bool summary_layer = true;       // c = tanh(V h_N); or h_N
  int64_t maxout = 500;            // number of units of the readout; 0: no readout, and a full output matrix
  bool wide_output = false;        // which sees [e(y_t-1); h'_t; c] instead of h'_t; without a readout
  std::optional<int64_t> start_word = std::nullopt;  // the target word whose embedding stays zero: e(y_0)
  double input_scale = 1;                            // the factor of embedded words
  double dropout = 0;       // of words, of rows and between layers; locked: one mask for all steps
  double word_dropout = 0;  // of words, with a mask of each step

  bool has_summary() const { return summary_layer && (context_every_step || start == Start::summary); }
  /// Returns R, the size of what the output layer sees.
  int64_t row_size() const;
};

/// A Summary is B encoded sources, ready for any number of decoder steps.
struct [[nodiscard]] Summary {
  Tensor c;                   // (B, H), where it is used
  State first;                // (L, B, H)
  std::vector<Tensor> gates;  // C_l c (B, G H) of each layer
  Tensor readout;             // O_c c (B, 2 M)
};

class EncoderDecoder : public nn::Module<EncoderDecoder> {
 public:
  explicit EncoderDecoder(EncoderDecoderOptions options, Rng& rng = default_rng());

  /// Encodes source (N) i32, packed by `lengths`.
  Summary encode(const Tensor& source, const Lengths& lengths) const;

  /// Takes words (N), the word before each place, packed; first (L, B, H), zeros where undefined; owners (N) i64, the
  /// summary that each row belongs to. Returns y (N, R), the input of the output layer. A search decodes one step of
  /// many rows by this call, training all steps.
  Output decode(const Tensor& words, const Lengths& lengths, const State& first, const Summary& summary,
                const Tensor& owners) const;
  /// Teacher forcing: returns the row before each target word (N, R), packed as the inputs.
  Tensor forward(const Tensor& source, const Lengths& source_lengths, const Tensor& inputs,
                 const Lengths& input_lengths) const;

  EncoderDecoderOptions options;
  nn::Embedding source_embedding, target_embedding;
  GatedLayers encoder, decoder;
  std::optional<nn::Linear> summary, start;  // V, and V' (S L H, H) for a unit of S state tensors
  std::optional<nn::Linear> readout_state, readout_word, readout_context, factor;  // O_h, O_y, O_c, G_r
  nn::Parameter output_weight;                                                     // G_l or G (V, R)
  nn::Parameter output_bias;                                                       // (V)

 private:
  Tensor embed(const nn::Embedding& table, const Tensor& ids, const Lengths& lengths) const;
  State first_state(const Tensor& c, const State& last) const;
  nn::LockedDropout drop_;
  nn::Dropout drop_words_;
};

/// Draws recurrent matrices orthogonal, output rows and embeddings N(0, 1/E), and sets input_scale to match; other
/// weights stay.
void set_scaled_weights(EncoderDecoder& model, Rng& rng = default_rng());

}  // namespace grus::seq2seq
