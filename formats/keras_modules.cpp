#include "formats/keras_modules.h"

#include "core/base/error.h"
#include "core/base/printable.h"

namespace grus::formats {
namespace {

void require_kind(const KerasLayer& layer, const char* function, std::string_view kind) {
  require<UsageError>(layer.kind == kind, "[{}] need a layer of the kind {}, got the {} '{}'", function, kind,
                      Shown{layer.kind}, Shown{layer.name});
  require<UsageError>(!layer.backwards && (!layer.bidirectional || layer.merge == "concat"),
                      "[{}] need '{}' forward, or both directions beside one another, got {}", function,
                      Shown{layer.name}, layer.backwards ? "one that goes backwards" : "merge " + layer.merge);
}

const Tensor& layer_tensor(const KerasLayer& layer, const char* function, const char* name) {
  const Tensor* found = nn::find(layer.tensors, name);
  require<UsageError>(found && found->rank() > 0, "[{}] need the tensor '{}' of '{}', got none", function, name,
                      Shown{layer.name});
  return *found;
}

bool has_layer_bias(const KerasLayer& layer) {
  return nn::find(layer.tensors, "bias") || nn::find(layer.tensors, "bias_ih_l0");
}

template <class M>
M loaded_layer(M module, const KerasLayer& layer) {
  module.to(layer.tensors.at(0).tensor.dtype());
  module.to(layer.tensors.at(0).tensor.device());
  module.load_state_dict(layer.tensors);
  return module;
}

template <class Options>
Options recurrent_options(const KerasLayer& layer, const char* function, std::string_view kind) {
  require_kind(layer, function, kind);
  Options options{};
  options.input = layer_tensor(layer, function, "weight_ih_l0").dim(-1);
  options.hidden = layer_tensor(layer, function, "weight_hh_l0").dim(-1);
  options.bias = has_layer_bias(layer);
  options.bidirectional = layer.bidirectional;
  return options;
}

}  // namespace

nn::Gru gru_of(const KerasLayer& layer) {
  auto options = recurrent_options<nn::GruOptions>(layer, "gru_of", "GRU");
  options.reset = layer.reset;
  return loaded_layer(nn::Gru(options), layer);
}

nn::Lstm lstm_of(const KerasLayer& layer) {
  return loaded_layer(nn::Lstm(recurrent_options<nn::LstmOptions>(layer, "lstm_of", "LSTM")), layer);
}

nn::Rnn rnn_of(const KerasLayer& layer) {
  auto options = recurrent_options<nn::RnnOptions>(layer, "rnn_of", "SimpleRNN");
  require<UsageError>(layer.activation == "tanh" || layer.activation == "relu",
                      "[rnn_of] need the activation tanh or relu of '{}', got '{}'", Shown{layer.name},
                      Shown{layer.activation});
  if (layer.activation == "relu") options.activation = Activation::relu;
  return loaded_layer(nn::Rnn(options), layer);
}

nn::Embedding embedding_of(const KerasLayer& layer) {
  require_kind(layer, "embedding_of", "Embedding");
  const Tensor& weight = layer_tensor(layer, "embedding_of", "weight");
  return loaded_layer(nn::Embedding({.count = weight.dim(0), .width = weight.dim(-1)}), layer);
}

nn::Linear linear_of(const KerasLayer& layer) {
  require_kind(layer, "linear_of", "Dense");
  const Tensor& weight = layer_tensor(layer, "linear_of", "weight");
  return loaded_layer(nn::Linear(weight.dim(-1), weight.dim(0), default_rng(), {.bias = has_layer_bias(layer)}), layer);
}

nn::LayerNorm layer_norm_of(const KerasLayer& layer) {
  require_kind(layer, "layer_norm_of", "LayerNormalization");
  return loaded_layer(nn::LayerNorm(layer_tensor(layer, "layer_norm_of", "weight").dim(0),
                                    {.eps = layer.epsilon, .bias = has_layer_bias(layer)}),
                      layer);
}

nn::Conv1d conv1d_of(const KerasLayer& layer) {
  require_kind(layer, "conv1d_of", "Conv1D");
  const Tensor& weight = layer_tensor(layer, "conv1d_of", "weight");
  require<UsageError>(weight.rank() == 3, "[conv1d_of] need a weight of 3 axes of '{}', got {}", Shown{layer.name},
                      weight.shape());
  return loaded_layer(nn::Conv1d({.in = weight.dim(1) * layer.groups,
                                  .out = weight.dim(0),
                                  .kernel = weight.dim(2),
                                  .stride = layer.stride,
                                  .dilation = layer.dilation,
                                  .groups = layer.groups,
                                  .bias = has_layer_bias(layer)}),
                      layer);
}

}  // namespace grus::formats
