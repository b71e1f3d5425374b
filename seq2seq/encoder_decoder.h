#pragma once
// Encoder and decoder joined by one vector. Equations of Cho et al. 2014 (arXiv 1406.1078v3, appendix A; biases, which
// it omits, included) and of Sutskever et al. 2014 (arXiv 1409.3215, section 2), layer upon layer where there are more:
//
//   encoder   h_t = unit(e(x_t), h_t-1), h_0 = 0                         Cho A.1.1; gated unit: main text, eq. 5 to 8
//   summary   c = tanh(V h_N), h_N the last layer's last state           Cho A.1.1
//   start     h'_0 = tanh(V' c)                                          Cho A.1.2
//             or each layer's own last state                             Sutskever, section 2
//   decoder   h'_t = unit(W' e(y_t-1) + C c, h'_t-1), e(y_0) = 0; c in every gate     Cho A.1.2; Sutskever: no C c
//   readout   s_t = max of pairs of O_h h'_t + O_y e(y_t-1) + O_c c      Cho A.1.2; Sutskever: s_t = h'_t
//   output    logits = G_l G_r s_t, of rank E                            Cho A.1.2; Sutskever: G s_t
//
// Cho A.1.2 prints the decoder's candidate as tanh(W' e + r' * (U' h' + C c)); its eq. 8 and encoder, and its authors'
// program, multiply r by the state before the product, which Reset::before does in both halves.
#include <optional>

#include "nn/dropout.h"
#include "nn/embedding.h"
#include "nn/linear.h"
#include "nn/recurrent.h"
#include "ops/gru.h"
#include "seq2seq/options.h"

namespace grus::seq2seq {

struct GatedLayersOptions {
  int64_t input, hidden;
  int64_t layers = 1;
  Unit unit = Unit::gru;
  GruForm form = {};       // gru
  double forget_bias = 0;  // lstm
  int64_t context = 0;     // size of a vector c that goes into every layer's gates; 0: none
  double dropout = 0;      // between layers, in training
};

/// Layers of either unit on packed rows, with a vector of each sequence fed into the gates at every step. Parameters as
/// Gru's and Lstm's, and weight_ch_l0 (G H, C), ...
class GatedLayers : public nn::Module<GatedLayers, nn::RecurrentStack> {
 public:
  explicit GatedLayers(GatedLayersOptions options, Rng& rng = default_rng());
  /// C_l c for each layer: (B, C) -> (B, G H). Once for all steps.
  std::vector<Tensor> context_gates(const Tensor& c) const;

  /// x (N, I) -> y (N, H), state (L, B, H); owners (N) i64: whose row of context_gates each packed row takes.
  Output forward(const Tensor& x, const Lengths& lengths, const State& first,
                 const std::vector<Tensor>& context_gates = {}, const Tensor& owners = Tensor()) const;

  GatedLayersOptions options;
  std::vector<nn::Parameter> context_weights;  // weight_ch_l0, ...

 protected:
  std::shared_ptr<const grus::Cell> made_of(const nn::CellParameters& parameters) const override;
};

/// What the decoder starts from.
enum class Start { summary, states, zeros };

struct EncoderDecoderOptions {
  int64_t source_words, target_words;  // V
  int64_t embedding, hidden;           // E, H
  int64_t layers = 1;
  Unit unit = Unit::gru;
  GruForm form = {Reset::before, Update::keep};
  double forget_bias = 0;
  Start start = Start::summary;
  bool context_every_step = true;                    // C c and O_c c; or c reaches the start only
  int64_t maxout = 500;                              // units of the readout; 0: none, and a full output matrix
  std::optional<int64_t> start_word = std::nullopt;  // whose target embedding stays zero: e(y_0)
  double input_scale = 1;                            // embedded words are multiplied by it
  double dropout = 0;                                // of words, rows and between layers; locked

  bool has_summary() const { return context_every_step || start == Start::summary; }
};

/// B encoded sources, ready for any number of decoder steps.
struct [[nodiscard]] Summary {
  Tensor c;                   // (B, H), where anything uses it
  State first;                // (L, B, H)
  std::vector<Tensor> gates;  // C_l c
  Tensor readout;             // O_c c (B, 2 M)
};

class EncoderDecoder : public nn::Module<EncoderDecoder> {
 public:
  explicit EncoderDecoder(EncoderDecoderOptions options, Rng& rng = default_rng());

  /// source (N) i32, packed by `lengths`.
  Summary encode(const Tensor& source, const Lengths& lengths) const;

  /// words (N): the word before each place, packed; first (L, B, H) or undefined: zeros; owners (N) i64: whose summary
  /// a row belongs to. Gives y (N, R), what the output layer takes. A search decodes one step of many rows, training
  /// all steps: the same call.
  Output decode(const Tensor& words, const Lengths& lengths, const State& first, const Summary& summary,
                const Tensor& owners) const;
  /// Teacher forcing: rows (N, R) before each target word.
  Tensor forward(const Tensor& source, const Lengths& source_lengths, const Tensor& inputs,
                 const Lengths& input_lengths) const;

  EncoderDecoderOptions options;
  nn::Embedding source_embedding, target_embedding;
  GatedLayers encoder, decoder;
  std::optional<nn::Linear> summary, start;                                        // V, V' (S L H, H)
  std::optional<nn::Linear> readout_state, readout_word, readout_context, factor;  // O_h, O_y, O_c, G_r
  nn::Parameter output_weight;                                                     // (V, R): G_l, or G
  nn::Parameter output_bias;                                                       // (V)

 private:
  Tensor embed(const nn::Embedding& table, const Tensor& ids, const Lengths& lengths) const;
  State first_state(const Tensor& c, const State& last) const;
  nn::LockedDropout drop_;
};

/// One orthogonal matrix a gate.
void set_orthogonal(nn::Parameter& weight_hh, Rng& rng);
/// Recurrent matrices orthogonal, output rows and embeddings N(0, 1/E) with input_scale to match; others as they were.
void set_scaled_weights(EncoderDecoder& model, Rng& rng = default_rng());

}  // namespace grus::seq2seq
