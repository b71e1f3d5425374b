#pragma once
// A layer of a model of Keras with PyTorch's tensors.
#include <string>

#include "nn/parameter.h"
#include "ops/sequence/gru.h"

namespace grus::formats {

/// A layer with weights. Its tensors have PyTorch's names and layouts: gates r, z, n where Keras has z, r, h; two
/// biases where Keras adds both into one (the second is 0); matrices (out, in).
struct KerasLayer {
  std::string kind;  // "GRU", "LSTM", "SimpleRNN", "Embedding", "Dense", "LayerNormalization", "Conv1D"
  std::string name;
  nn::NamedTensors tensors = {};
  bool bidirectional = false;                    // names of the backward layer end in "_reverse"
  std::string merge = "concat";                  // how both directions become one
  bool time_distributed = false;                 // wrapped by TimeDistributed, which changes no numbers here
  bool backwards = false;                        // of one direction: from the last step to the first
  Reset reset = Reset::after;                    // of GRU
  std::string activation = {};                   // of SimpleRNN, Dense and Conv1D; empty where the file does not say
  double epsilon = 1e-3;                         // of LayerNormalization
  int64_t stride = 1, dilation = 1, groups = 1;  // of Conv1D
  std::string padding = "valid";                 // of Conv1D: "valid", "same" or "causal"
};

}  // namespace grus::formats
