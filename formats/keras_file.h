#pragma once
// Weights of Keras: .keras files (a zip archive of the model's configuration and of its weights), .weights.h5, and the
// older .h5. No code of a model is run; only layers that are modules here are read, and others are refused by name.
//
//   nn::Gru encoder = formats::gru_of(formats::read_keras("model.keras").at(0));  // formats/keras_modules.h
//
// Sources: keras_file.cpp, keras_writer.cpp, keras_model_writer.cpp.
#include <filesystem>
#include <vector>

#include "formats/keras_layer.h"
#include "nn/serialize.h"

namespace grus::formats {

/// Says whether this build has libhdf5, which all files of Keras need.
bool keras_available();

/// Reads the layers that have weights, in the model's order; of a file without the model's configuration in that of
/// their names. Layers of models in models are named "outer.inner". Throws DataError, naming file and layer, for other
/// kinds of layers, activations of gates that are not tanh and sigmoid, a GRU whose form nothing tells (no
/// configuration and no biases), and what is cut short or damaged; UsageError in a build without libhdf5.
std::vector<KerasLayer> read_keras(const std::filesystem::path& path, Device device = default_device());

/// Writes a file that load_weights("NAME.weights.h5") of Keras 3 takes into a model with these layers, in this order.
/// It appears whole or not at all, and the same layers give the same bytes. LSTM, SimpleRNN and GRU of Reset::before
/// add their two biases. Throws UsageError for tensors that are not those of the layer's kind.
void write_keras_weights(const std::filesystem::path& path, const std::vector<KerasLayer>& layers);

/// Writes a .keras file, which load_model of Keras 3 makes a Sequential model of: these layers one after the other,
/// each giving all its steps, behind an input (batch, steps, ...) of any sizes. Names lose their dots. Appears whole or
/// not at all; throws as above.
void write_keras(const std::filesystem::path& path, const std::vector<KerasLayer>& layers);

/// Returns tensors named "LAYER.TENSOR". The metadata say "keras:LAYER", and the convention of GRUs as save_weights
/// does.
nn::TensorFile tensors_of(const std::vector<KerasLayer>& layers);
/// Returns the layers that such tensors stand for; layers of a module's stack become layers of their own. Where
/// metadata say nothing, names and shapes tell, and a matrix alone is an Embedding when its name has "embed" in it,
/// else a Dense. Throws UsageError for tensors that are of no layer of Keras.
std::vector<KerasLayer> keras_layers(const nn::TensorFile& content);

}  // namespace grus::formats
