// Layers into a .keras file: their configuration as a Sequential model, and their weights.
#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "core/base/error.h"
#include "core/base/printable.h"
#include "data/read/zip.h"
#include "formats/keras_config.h"
#include "formats/keras_file.h"

namespace grus::formats {
namespace {

using Json = nlohmann::json;

const Tensor& tensor_named(const KerasLayer& layer, const std::string& name) {
  const Tensor* const found = nn::find(layer.tensors, name);
  require<UsageError>(found, "[write_keras] need '{}' of the {} '{}', got none", name, layer.kind, Shown{layer.name});
  return *found;
}

Json object_of(std::string_view kind, Json config) {
  return {
      {"module", "keras.layers"}, {"class_name", kind}, {"config", std::move(config)}, {"registered_name", nullptr}};
}

// Every layer gives all its steps, as modules here do.
Json recurrent_config(const KerasLayer& layer) {
  Json config = {{"units", tensor_named(layer, "weight_hh_l0").dim(1)},
                 {"return_sequences", true},
                 {"go_backwards", layer.backwards},
                 {"use_bias", variables_of(layer, 0).size() > 2}};
  if (layer.kind != "SimpleRNN") config["recurrent_activation"] = "sigmoid";
  if (layer.kind == "GRU") config["reset_after"] = layer.reset == Reset::after;
  return config;
}

Json own_config(const KerasLayer& layer) {
  if (gates_of_kind(layer.kind) > 0) return recurrent_config(layer);
  const Tensor& weight = tensor_named(layer, "weight");
  const bool bias = nn::find(layer.tensors, "bias") != nullptr;
  if (layer.kind == "Embedding") return {{"input_dim", weight.dim(0)}, {"output_dim", weight.dim(1)}};
  if (layer.kind == "LayerNormalization")
    return {{"epsilon", layer.epsilon}, {"scale", true}, {"center", bias}, {"axis", -1}};
  if (layer.kind == "Dense") return {{"units", weight.dim(0)}, {"use_bias", bias}};
  return {{"filters", weight.dim(0)},  {"kernel_size", {weight.dim(2)}},
          {"strides", {layer.stride}}, {"dilation_rate", {layer.dilation}},
          {"groups", layer.groups},    {"padding", layer.padding},
          {"use_bias", bias}};
}

Json layer_object(const KerasLayer& layer) {
  const std::string& name = layer.name;
  Json config = own_config(layer);
  const std::string usual = gates_of_kind(layer.kind) > 0 ? "tanh" : "linear";
  if (layer.kind != "Embedding" && layer.kind != "LayerNormalization")
    config["activation"] = layer.activation.empty() ? usual : layer.activation;
  config["name"] = layer.bidirectional || layer.time_distributed ? name + "_layer" : name;
  Json object = object_of(layer.kind, std::move(config));
  if (layer.bidirectional) {
    object = object_of("Bidirectional", {{"name", layer.time_distributed ? name + "_both" : name},
                                         {"merge_mode", layer.merge == "none" ? Json() : Json(layer.merge)},
                                         {"layer", std::move(object)}});
  }
  if (layer.time_distributed) object = object_of("TimeDistributed", {{"name", name}, {"layer", std::move(object)}});
  return object;
}

// Returns the width of what the first layer takes, or 0 for ids.
int64_t input_width(const KerasLayer& layer) {
  if (layer.kind == "Embedding") return 0;
  if (gates_of_kind(layer.kind) > 0) return tensor_named(layer, "weight_ih_l0").dim(1);
  const Tensor& weight = tensor_named(layer, "weight");
  return layer.kind == "Conv1D" ? weight.dim(1) * layer.groups : weight.dim(-1);
}

// Keras takes names without dots and slashes, each once.
std::vector<KerasLayer> renamed(std::vector<KerasLayer> layers) {
  for (size_t i = 0; i < layers.size(); ++i) {
    std::string& name = layers[i].name;
    std::ranges::replace_if(
        name, [](char c) { return c == '.' || c == '/'; }, '_');
    while (std::any_of(layers.begin(), layers.begin() + static_cast<int64_t>(i),
                       [&](const KerasLayer& before) { return before.name == name; }))
      name += "_";
  }
  return layers;
}

std::string configuration_of(const std::vector<KerasLayer>& layers) {
  Json shape = {nullptr, nullptr};
  const int64_t width = input_width(layers.front());
  if (width > 0) shape.push_back(width);
  Json all = {
      object_of("InputLayer", {{"batch_shape", shape}, {"dtype", width > 0 ? "float32" : "int32"}, {"name", "x"}})};
  for (const KerasLayer& layer : layers) all.push_back(layer_object(layer));
  const Json model = {{"module", "keras"},
                      {"class_name", "Sequential"},
                      {"config", {{"name", "sequential"}, {"trainable", true}, {"layers", all}}},
                      {"registered_name", nullptr},
                      {"build_config", {{"input_shape", shape}}},
                      {"compile_config", nullptr}};
  return model.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace

void write_keras(const std::filesystem::path& path, const std::vector<KerasLayer>& layers) {
  require<UsageError>(!layers.empty(), "[write_keras] need layers, got none");
  const std::vector<KerasLayer> named = renamed(layers);
  const std::string weights = keras_weights(named), configuration = configuration_of(named);
  data::ZipWriter zip(path.string());
  zip.add("metadata.json", R"({"keras_version": "3.0.0", "date_saved": ""})", false);
  zip.add("config.json", configuration, false);
  zip.add("model.weights.h5", weights, false);
  zip.commit();
}

}  // namespace grus::formats
