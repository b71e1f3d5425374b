// Layers into files of weights and into named tensors, and named tensors into layers.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <map>
#include <sstream>

#include "core/base/atomic_file.h"
#include "core/base/error.h"
#include "core/base/printable.h"
#include "formats/hdf5_file.h"
#include "formats/keras_config.h"
#include "formats/keras_file.h"
#include "nn/gru.h"

namespace grus::formats {
namespace {

Hdf5Group group_named(const std::string& name, const std::string& layer, const std::vector<Tensor>& variables = {}) {
  Hdf5Group vars{.name = "vars", .texts = {{"name", {layer}}}};
  for (size_t i = 0; i < variables.size(); ++i) vars.arrays.emplace_back(fmt::to_string(i), variables[i]);
  Hdf5Group group{.name = name};
  group.groups.push_back(std::move(vars));
  return group;
}

// A recurrent layer holds its cell, which holds the variables.
Hdf5Group direction_of(const std::string& name, const std::string& layer, const KerasLayer& of, int direction) {
  Hdf5Group group = group_named(name, layer);
  group.groups.insert(group.groups.begin(),
                      group_named("cell", keras_group(of.kind) + "_cell", variables_of(of, direction)));
  return group;
}

Hdf5Group layer_group(const std::string& name, const KerasLayer& layer) {
  if (layer.time_distributed) {
    KerasLayer inner = layer;
    inner.time_distributed = false;
    Hdf5Group group = group_named(name, layer.name);
    group.groups.push_back(layer_group("layer", inner));
    return group;
  }
  if (gates_of_kind(layer.kind) == 0) return group_named(name, layer.name, variables_of(layer, 0));
  if (!layer.bidirectional) return direction_of(name, layer.name, layer, 0);
  Hdf5Group group = group_named(name, layer.name);
  const std::string kind = keras_group(layer.kind);
  group.groups.push_back(direction_of("forward_layer", "forward_" + kind, layer, 0));
  group.groups.push_back(direction_of("backward_layer", "backward_" + kind, layer, 1));
  return group;
}

constexpr std::string_view keras_key = "keras:";

// "GRU", "LayerNormalization epsilon 0.001".
std::string description_of(const KerasLayer& layer) {
  std::string text = layer.kind;
  if (layer.bidirectional && layer.merge != "concat") text += " merge " + layer.merge;
  if (layer.backwards) text += " backwards";
  if (!layer.activation.empty()) text += " activation " + layer.activation;
  if (layer.kind == "LayerNormalization") text += fmt::format(" epsilon {}", layer.epsilon);
  if (layer.kind == "Conv1D")
    text += fmt::format(" stride {} dilation {} groups {} padding {}", layer.stride, layer.dilation, layer.groups,
                        layer.padding);
  return text + (layer.time_distributed ? " each step" : "");
}

// Reads what description_of() writes.
void read_description(KerasLayer& layer, const std::string& text) {
  std::istringstream words(text);
  words >> layer.kind;
  for (std::string word; words >> word;) {
    if (word == "backwards") layer.backwards = true;
    else if (word == "each") layer.time_distributed = true;
    else if (word == "merge") words >> layer.merge;
    else if (word == "activation") words >> layer.activation;
    else if (word == "epsilon") words >> layer.epsilon;
    else if (word == "stride") words >> layer.stride;
    else if (word == "dilation") words >> layer.dilation;
    else if (word == "groups") words >> layer.groups;
    else if (word == "padding") words >> layer.padding;
  }
}

// The number behind "_l" of "weight_ih_l1_reverse"; 0 for cells, which have none.
int64_t depth_of(const std::string& tensor) {
  const size_t at =
      tensor.find("_l", tensor.find("_ih") == std::string::npos ? tensor.find("_hh") : tensor.find("_ih"));
  int64_t depth = 0;
  if (at != std::string::npos) std::from_chars(tensor.data() + at + 2, tensor.data() + tensor.size(), depth);
  return depth;
}

bool is_recurrent(const std::string& tensor) {
  return tensor.starts_with("weight_ih") || tensor.starts_with("weight_hh") || tensor.starts_with("bias_ih") ||
         tensor.starts_with("bias_hh");
}

std::string kind_by_shape(const std::string& name, const nn::NamedTensors& tensors) {
  if (const Tensor* state = nn::find(tensors, "weight_hh_l0")) {
    const int64_t gates = state->rank() == 2 && state->dim(1) > 0 ? state->dim(0) / state->dim(1) : 0;
    return gates == 3 ? "GRU" : gates == 4 ? "LSTM" : gates == 1 ? "SimpleRNN" : "";
  }
  const Tensor *weight = nn::find(tensors, "weight"), *bias = nn::find(tensors, "bias");
  if (!weight || tensors.size() != (bias ? 2u : 1u)) return "";
  if (weight->rank() == 1) return "LayerNormalization";
  if (weight->rank() == 3) return "Conv1D";
  if (weight->rank() != 2) return "";
  return !bias && name.find("embed") != std::string::npos ? "Embedding" : "Dense";
}

void finish_layer(KerasLayer& layer, const nn::Metadata& metadata, const std::string& module) {
  const auto said = [&](const std::string& key) {
    const auto at = metadata.find(key);
    return at == metadata.end() ? std::string() : at->second;
  };
  read_description(layer, said(std::string(keras_key) + layer.name));
  if (layer.kind.empty()) layer.kind = kind_by_shape(layer.name, layer.tensors);
  require<UsageError>(!layer.kind.empty(), "[keras_layers] need tensors of a layer of {}, got those of '{}'",
                      known_kinds(), Shown{layer.name});
  layer.bidirectional = nn::find(layer.tensors, "weight_hh_l0_reverse") != nullptr;
  if (layer.kind != "GRU") return;
  std::string form = nn::convention_in(metadata, module);
  if (form.empty()) form = nn::convention_of({});
  layer.reset = form == nn::convention_of({Reset::before}) ? Reset::before : Reset::after;
  require<UsageError>(form == nn::convention_of({layer.reset}),
                      "[keras_layers] need a GRU whose z keeps the old state, as Keras', got '{}' of '{}'",
                      Shown{layer.name}, Shown{form});
}

}  // namespace

std::string keras_weights(const std::vector<KerasLayer>& layers) {
  Hdf5Group all{.name = "layers"};
  std::map<std::string, int64_t> counts;
  for (const KerasLayer& layer : layers) {
    const std::string own = keras_group(layer.time_distributed ? "TimeDistributed"
                                        : layer.bidirectional  ? "Bidirectional"
                                                               : std::string_view(layer.kind));
    const int64_t before = counts[own]++;
    all.groups.push_back(layer_group(before == 0 ? own : fmt::format("{}_{}", own, before), layer));
  }
  Hdf5Group root;
  root.groups.push_back(std::move(all));
  root.groups.push_back({.name = "vars"});
  return write_hdf5(root);
}

void write_keras_weights(const std::filesystem::path& path, const std::vector<KerasLayer>& layers) {
  write_file_atomically(path, keras_weights(layers));
}

nn::TensorFile tensors_of(const std::vector<KerasLayer>& layers) {
  nn::TensorFile content;
  const auto is_gru = [](const KerasLayer& layer) { return layer.kind == "GRU"; };
  const bool one = std::ranges::all_of(layers, [&](const KerasLayer& layer) {
    return !is_gru(layer) || layer.reset == std::ranges::find_if(layers, is_gru)->reset;
  });
  for (const KerasLayer& layer : layers) {
    for (const nn::NamedTensor& tensor : layer.tensors)
      content.tensors.push_back({layer.name + "." + tensor.name, tensor.tensor});
    content.metadata[std::string(keras_key) + layer.name] = description_of(layer);
    if (is_gru(layer) && layer.reset == Reset::before)
      content.metadata[nn::convention_key(one ? "" : layer.name)] = nn::convention_of({layer.reset});
  }
  return content;
}

std::vector<KerasLayer> keras_layers(const nn::TensorFile& content) {
  std::vector<KerasLayer> layers;
  std::vector<std::string> modules;  // of each layer
  for (const nn::NamedTensor& entry : content.tensors) {
    const size_t dot = entry.name.rfind('.');
    const std::string module = dot == std::string::npos ? "" : entry.name.substr(0, dot);
    std::string tensor = entry.name.substr(dot == std::string::npos ? 0 : dot + 1);
    std::string name = module.empty() ? "layer" : module;
    if (is_recurrent(tensor)) {
      const int64_t depth = depth_of(tensor);
      const std::string end = tensor.ends_with("_reverse") ? "_l0_reverse" : "_l0";
      tensor = tensor.substr(0, tensor.find('_', tensor.find('_') + 1)) + end;
      if (depth > 0) name += fmt::format("_{}", depth);
    }
    auto at = std::ranges::find_if(layers, [&](const KerasLayer& layer) { return layer.name == name; });
    if (at == layers.end()) {
      layers.push_back({.kind = "", .name = name});
      modules.push_back(module);
      at = layers.end() - 1;
    }
    at->tensors.push_back({tensor, entry.tensor});
  }
  for (size_t i = 0; i < layers.size(); ++i) finish_layer(layers[i], content.metadata, modules[i]);
  return layers;
}

}  // namespace grus::formats
