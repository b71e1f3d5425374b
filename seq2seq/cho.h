#pragma once
// Cho et al. 2014 (arXiv 1406.1078v3, appendix A): one layer of gated units on each side; the summary c of the source
// goes into every step of the decoder and of its readout.
//
//   encoder   h_t = GRU(e(x_t), h_t-1), h_0 = 0                      A.1.1
//   summary   c = tanh(V h_N)
//   start     h'_0 = tanh(V' c)                                      A.1.2
//   decoder   h'_t = GRU(W' e(y_t-1) + C c, h'_t-1), e(y_0) = 0
//   readout   s_t = max of pairs of O_h h'_t + O_y e(y_t-1) + O_c c
//   output    logits = G_l G_r s_t
#include "seq2seq/encoder_decoder.h"

namespace grus::seq2seq {

/// Returns the paper's model and sizes (section 4.1). The embedding of start_word stays zero.
EncoderDecoderOptions cho_options(int64_t source_words, int64_t target_words, std::optional<int64_t> start_word = {});

/// Draws recurrent matrices orthogonal (Saxe et al. 2014), all others N(0, 0.01^2), and biases 0, as in section 4.1.
void set_cho_weights(EncoderDecoder& model, Rng& rng);

}  // namespace grus::seq2seq
