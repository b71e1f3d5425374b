#pragma once
// Keras' layers as configurations tell of them, and variables of layers as tensors of modules and back.
// Sources: keras_config.cpp, keras_layers.cpp.
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "formats/keras_layer.h"

namespace grus::formats {

/// What a configuration tells of one layer, or of a model in a model (`inner`).
struct KerasSpec {
  KerasLayer layer;  // without tensors
  std::string
      container;  // the class that a file's group is named for: "Bidirectional", "TimeDistributed", the kind ...
  std::vector<KerasSpec> inner = {};
};

/// Reads the layers of a model's configuration (the JSON of class_name and config). Throws DataError.
std::vector<KerasSpec> parse_keras_config(std::string_view json, const std::string& file);

/// Returns the name by which Keras 3 calls the group of the first layer of a class: "simple_rnn" of "SimpleRNN".
std::string keras_group(std::string_view container);
/// Returns the kind whose groups have this name, or nothing.
std::optional<std::string> kind_of_group(std::string_view group);
bool is_known_kind(std::string_view kind);
/// "GRU, LSTM, ...".
std::string known_kinds();

/// Returns a layer's tensors from its variables, in Keras' order (of both directions, forward first). Sets reset.
/// Throws DataError, beginning with `file`.
void set_variables(KerasLayer& layer, const std::vector<Tensor>& variables, bool configured, const std::string& file);
/// Returns the variables of one direction (1: backward), in Keras' order. Throws UsageError.
std::vector<Tensor> variables_of(const KerasLayer& layer, int direction);

/// Returns the bytes of model.weights.h5. Throws UsageError as variables_of does.
std::string keras_weights(const std::vector<KerasLayer>& layers);

/// Returns the number of gates, 0 for kinds that are not recurrent.
int64_t gates_of_kind(std::string_view kind);

}  // namespace grus::formats
