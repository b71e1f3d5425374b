#pragma once
// The translator of letters of Keras' example lstm_seq2seq (keras-team/keras-io, examples/nlp/lstm_seq2seq.py at
// 7d9a819), which is a form of EncoderDecoder:
//   source    the letters, filled up with spaces to 16
//   encoder   h_t, c_t = LSTM(x_t, h_t-1, c_t-1), x_t the unit vector of the letter
//   decoder   h'_t, c'_t = LSTM(y_t-1, h'_t-1, c'_t-1), h'_0, c'_0 = h_N, c_N
//   output    logits = G h'_t + b
#include "seq2seq/no_attention.h"

namespace grus::seq2seq {

/// The id of the space on both sides, where it is the commonest letter.
inline constexpr int32_t space_letter = data::special_count;

/// Returns the program's model. Letters of both sides have unit vectors of one size, that of the larger vocabulary.
NoAttentionOptions keras_listing_options(VocabSizes sizes);
/// Sets the unit vectors, and Keras' first values: uniform ones of Glorot and Bengio 2010 for input and output
/// matrices, orthonormal columns for a recurrent matrix of all gates, biases of 0, 1 for forget gates. Unit vectors and
/// the second biases, which Keras does not have, are frozen.
void set_keras_listing_weights(EncoderDecoder& model, Rng& rng);

}  // namespace grus::seq2seq
