#pragma once
// The translator of Ascend's ModelZoo (Ascend/ModelZoo-PyTorch, PyTorch/built-in/nlp/GRU_for_PyTorch at 0536017), which
// is a form of EncoderDecoder:
//   source    x = <sos>, words, <eos>; in training and validation filled up with <pad> to 46 ids, all of which are read
//   encoder   h_t = GRU(e(x_t), h_t-1), h_0 = 0;   c = h_N
//   decoder   h'_t = GRU([e(y_t-1); c], h'_t-1), h'_0 = c
//   output    logits = G [e(y_t-1); h'_t; c] + b
// Dropout acts on embedded words alone, with a mask of each step. GRUs are PyTorch's, with the reset gate behind the
// recurrent product.
#include "seq2seq/no_attention.h"

namespace grus::seq2seq {

/// Returns the program's model and sizes.
NoAttentionOptions ascend_gru_options(VocabSizes sizes);
/// Draws all parameters, biases too, from N(0, 0.01^2).
void set_ascend_gru_weights(EncoderDecoder& model, Rng& rng);

}  // namespace grus::seq2seq
