#pragma once
// Modules made of layers of Keras.
#include "formats/keras_layer.h"
#include "nn/conv.h"
#include "nn/embedding.h"
#include "nn/gru.h"
#include "nn/layer_norm.h"
#include "nn/linear.h"
#include "nn/lstm.h"
#include "nn/rnn.h"

namespace grus::formats {

/// Make modules of layers. Throws UsageError for a layer of another kind, and for what the module cannot do: merge
/// other than concat, one direction backwards. Activations of Dense and Conv1D, and Conv1D's padding "same" and
/// "causal", are the caller's.
nn::Gru gru_of(const KerasLayer& layer);
nn::Lstm lstm_of(const KerasLayer& layer);
nn::Rnn rnn_of(const KerasLayer& layer);
nn::Embedding embedding_of(const KerasLayer& layer);
nn::Linear linear_of(const KerasLayer& layer);
nn::LayerNorm layer_norm_of(const KerasLayer& layer);
nn::Conv1d conv1d_of(const KerasLayer& layer);

}  // namespace grus::formats
