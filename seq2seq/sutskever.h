#pragma once
// Sutskever et al. 2014 (arXiv 1409.3215): deep LSTMs read the source from its last word to its first, and hand the
// last state of every layer to the decoder's layer; nothing else leads from source to target.
//
//   encoder   h_t, c_t = LSTM(e(x_t), h_t-1, c_t-1), layer upon layer      section 2
//   start     h'_0, c'_0 = h_N, c_N of each layer
//   decoder   h'_t, c'_t = LSTM(e(y_t-1), h'_t-1, c'_t-1)
//   output    logits = G h'_t
#include "seq2seq/encoder_decoder.h"

namespace grus::seq2seq {

/// Returns the paper's model and sizes (section 3.4).
EncoderDecoderOptions sutskever_options(int64_t source_words, int64_t target_words);

/// Draws all parameters U(-0.08, 0.08), as in section 3.4.
void set_sutskever_weights(EncoderDecoder& model, Rng& rng);

}  // namespace grus::seq2seq
