#pragma once
// A forecaster of many columns: a GRU over segments of the past.
#include "nn/dropout.h"
#include "nn/gru.h"
#include "nn/linear.h"
#include "nn/reversible_norm.h"

namespace grus::nn {

struct SegmentGruOptions {
  /// How the next H steps come out of the last state: `direct`, all segments beside one another, each asked for by an
  /// embedding of its place; `autoregressive`, each segment read back to give the next one.
  enum class Decoder { direct, autoregressive };

  int64_t columns, window, horizon;  // C, L, H
  int64_t segment = 1;               // S, steps that are one step of the GRU; divides L
  int64_t hidden = 64;
  int64_t calendar = 0;  // K, inputs of each step that are known ahead
  bool known = false;    // whether it is told which values were measured
  bool linear = false;   // adds a linear layer from the L steps to the H, which all columns share
  double dropout = 0;    // before the output
  Decoder decoder = Decoder::direct;
  ReversibleNormOptions norm = {};
};

/// z = norm(past), cut into segments; e_i = relu(W z_i + b); h = gru(e_1 ... e_n); the forecast's segment j is
///   direct: W' gru(q_j, h), q_j = [place j, column c];    autoregressive: W' h_j, h_j = gru(relu(W z_j-1 + b), h_j-1),
/// and goes back through the norm. All columns share the weights (SegRNN, Lin et al. 2023, arXiv 2308.11200). With
/// `linear` a linear layer of z is added (the highway of Lai et al. 2018), and the GRU begins at 0.
class SegmentGru : public Module<SegmentGru> {
 public:
  /// Throws UsageError for sizes below 1, and for a segment that does not divide the window.
  explicit SegmentGru(SegmentGruOptions options, Rng& rng = default_rng());
  /// past (B, L, C), calendar (B, L + H, K), known (B, L, C) of 0 and 1 -> (B, H, C); calendar and known where the
  /// options have them. Throws ShapeError, UsageError.
  Tensor forward(const Tensor& past, const Tensor& calendar = Tensor(), const Tensor& known = Tensor()) const;

  SegmentGruOptions options;
  ReversibleNorm norm;
  Linear embed;                                       // S -> hidden
  std::optional<Linear> known_embed, calendar_embed;  // S -> hidden, K -> hidden
  Gru gru;
  Parameter place, column;  // (segments ahead, hidden / 2), (C, hidden - hidden / 2); absent in an autoregressive one
  Dropout dropout;
  Linear output;                      // hidden -> S
  std::optional<Linear> linear_part;  // L -> H

 private:
  int64_t segments_ahead() const { return (options.horizon + options.segment - 1) / options.segment; }
  Tensor embedded(const Tensor& z, const Tensor& dates) const;
  Tensor direct(const Tensor& h, const Tensor& dates) const;
  Tensor autoregressive(const Tensor& last, Tensor h, const Tensor& dates) const;
};

}  // namespace grus::nn
