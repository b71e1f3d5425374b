// Files of Keras, both ways. tests/golden/exchange.py compares many more models with Keras itself.
#include "formats/keras_file.h"
#include "formats/keras_modules.h"

#include <doctest/doctest.h>

#include <cstring>
#include <nlohmann/json.hpp>
#include <random>

#include "data/read/text.h"
#include "data/read/zip.h"
#include "ops/math/elementwise.h"
#include "tests/support/folder.h"
#include "tests/support/skip.h"
#include "tests/support/tensors.h"

using namespace grus;
using namespace grus::formats;
using test::Folder;
using test::message_of;

namespace {

std::string golden_file(const std::string& name) { return std::string(std::getenv("GRUS_GOLDEN")) + "/" + name; }

bool same_bits(const std::vector<KerasLayer>& a, const std::vector<KerasLayer>& b) {
  if (a.size() != b.size()) return false;
  for (size_t i = 0; i < a.size(); ++i) {
    if (a[i].kind != b[i].kind || a[i].bidirectional != b[i].bidirectional || a[i].reset != b[i].reset ||
        a[i].tensors.size() != b[i].tensors.size())
      return false;
    for (const nn::NamedTensor& one : a[i].tensors) {
      const Tensor* other = nn::find(b[i].tensors, one.name);
      if (!other || other->shape() != one.tensor.shape() || other->to_bytes() != one.tensor.to_bytes()) return false;
    }
  }
  return true;
}

// A .keras file of this configuration and these weights.
std::string keras_archive(const Folder& folder, const std::string& config, const std::string& weights) {
  const std::string path = folder.path("made.keras");
  data::ZipWriter zip(path);
  zip.add("config.json", config, false);
  zip.add("model.weights.h5", weights, false);
  zip.commit();
  return path;
}

std::string config_of(const std::string& kind, const std::string& options) {
  return R"({"class_name": "Sequential", "config": {"name": "s", "layers": [{"class_name": ")" + kind +
         R"(", "config": {"name": "one")" + options + "}}]}}";
}

const std::string gru_words = R"(, "activation": "tanh", "recurrent_activation": "sigmoid", "reset_after": true)";

std::vector<KerasLayer> one_gru(Reset reset) {
  Rng rng(3);
  const nn::Gru gru({.input = 2, .hidden = 3, .reset = reset}, rng);
  return {{.kind = "GRU", .name = "one", .tensors = gru.state_dict(), .reset = reset}};
}

std::string weights_of(const std::vector<KerasLayer>& layers) {
  const Folder folder;
  write_keras_weights(folder.path("a.weights.h5"), layers);
  return test::bytes_of(folder.path("a.weights.h5"));
}

std::string refusal(const std::string& config, const std::string& weights) {
  const Folder folder;
  const std::string path = keras_archive(folder, config, weights);
  const std::string message = message_of([&] { read_keras(path); });
  return message.starts_with(path) ? message.substr(path.size()) : "(no path) " + message;
}

}  // namespace

TEST_CASE("keras file: a model with a model in it is read by its names, and gives Keras' outputs") {
  if (!keras_available()) return test::skip("no libhdf5");
  const std::vector<KerasLayer> layers = read_keras(golden_file("model.keras"));
  REQUIRE(layers.size() == 5);
  CHECK(layers[1].name == "encoder");
  CHECK(layers[1].bidirectional);
  CHECK(layers[1].reset == Reset::before);
  CHECK(layers[2].reset == Reset::after);
  CHECK(layers[3].name == "inside.deep");
  const auto expected = nlohmann::json::parse(test::bytes_of(golden_file("model_keras.json")));
  const Lengths lengths(expected["lengths"].get<std::vector<int64_t>>());
  const Tensor ids = Tensor::from(std::vector<int32_t>{1, 4, 2, 5, 3, 0}, {3, 2});
  Tensor x = gru_of(layers[1])(embedding_of(layers[0])(ids), lengths).y;
  x = gru_of(layers[2])(x, lengths).y;
  x = layer_norm_of(layers[4])(tanh(linear_of(layers[3])(x)));
  const std::vector<float> got = x.to_vector<float>();  // (T, B, 2)
  for (size_t b = 0; b < 2; ++b)
    for (size_t t = 0; t < 3 - b; ++t)
      for (size_t i = 0; i < 2; ++i)
        CHECK(std::abs(got[(t * 2 + b) * 2 + i] - expected["y"][b][t][i].get<float>()) < 1e-6f);
}

TEST_CASE("keras file: an .h5 of before Keras 3 holds the same layers as the .keras") {
  if (!keras_available()) return test::skip("no libhdf5");
  std::vector<KerasLayer> layers = read_keras(golden_file("model.keras"));
  layers.resize(3);
  CHECK(same_bits(read_keras(golden_file("model.h5")), layers));
}

TEST_CASE(
    "keras file: layers come back from weights alone and from named tensors with every bit, and the bytes are the "
    "same") {
  if (!keras_available()) return test::skip("no libhdf5");
  const Folder folder;
  const std::string path = folder.path("a.weights.h5");
  std::vector<KerasLayer> layers = read_keras(golden_file("model.keras"));
  layers.push_back(
      {.kind = "Conv1D", .name = "conv", .tensors = nn::Conv1d({.in = 2, .out = 3, .kernel = 2}).state_dict()});
  layers.push_back({.kind = "Dense",
                    .name = "each",
                    .tensors = nn::Linear(2, 3, default_rng(), {.bias = false}).state_dict(),
                    .time_distributed = true});
  write_keras_weights(path, layers);
  const std::string bytes = test::bytes_of(path);
  write_keras_weights(path, keras_layers(tensors_of(layers)));
  CHECK(test::bytes_of(path) == bytes);
  const std::vector<KerasLayer> read = read_keras(path);  // in the order of the groups' names
  REQUIRE(read.size() == 7);
  CHECK(same_bits({read[0], read[1], read[4]}, {layers[1], layers[5], layers[2]}));
  CHECK(read[6].time_distributed);
}

TEST_CASE("keras file: a .keras that is written here has the layers with every bit and option, and is the same again") {
  if (!keras_available()) return test::skip("no libhdf5");
  const Folder folder;
  const std::string path = folder.path("a.keras");
  std::vector<KerasLayer> layers = read_keras(golden_file("model.keras"));
  layers.push_back({.kind = "Conv1D",
                    .name = "conv",
                    .tensors = nn::Conv1d({.in = 4, .out = 6, .kernel = 2, .groups = 2}).state_dict(),
                    .activation = "relu",
                    .stride = 3,
                    .groups = 2,
                    .padding = "causal"});
  layers.push_back({.kind = "Dense",
                    .name = "conv",
                    .tensors = nn::Linear(6, 3, default_rng(), {.bias = false}).state_dict(),
                    .time_distributed = true,
                    .activation = "softmax"});
  layers.push_back({.kind = "GRU",
                    .name = "last",
                    .tensors = one_gru(Reset::before)[0].tensors,
                    .backwards = true,
                    .reset = Reset::before});
  write_keras(path, layers);
  const std::string bytes = test::bytes_of(path);
  std::vector<KerasLayer> read = read_keras(path);
  // Two biases became their sum.
  layers.back().tensors = read.back().tensors;
  CHECK(same_bits(read, layers));
  REQUIRE(read.size() == 8);
  CHECK(read[3].name == "inside_deep");
  CHECK(read[5].name == "conv");
  CHECK(read[6].name == "conv_");
  CHECK(read[4].epsilon == layers[4].epsilon);
  CHECK(read[5].activation == "relu");
  CHECK(read[5].stride == 3);
  CHECK(read[5].groups == 2);
  CHECK(read[5].padding == "causal");
  CHECK(read[6].time_distributed);
  CHECK(read[6].activation == "softmax");
  CHECK(read[7].backwards);
  write_keras(path, keras_layers(tensors_of(read)));
  CHECK(test::bytes_of(path) == bytes);
  CHECK(message_of([&] { write_keras(folder.path("b.keras"), {}); }) == "[write_keras] need layers, got none");
  CHECK(message_of([&] { write_keras(folder.path("b.keras"), {{.kind = "Dense", .name = "d"}}); }) ==
        "[write_keras_weights] need weight and bias of the Dense 'd', got another layer's tensors");
  CHECK_FALSE(std::filesystem::exists(folder.path("b.keras")));
}

TEST_CASE(
    "keras file: modules of PyTorch's names become layers: stacks, two biases as their sum, a matrix by its name") {
  if (!keras_available()) return test::skip("no libhdf5");
  nn::TensorFile content;
  const auto add = [&](const std::string& name, const nn::ModuleBase& module) {
    for (const nn::NamedTensor& one : module.state_dict()) content.tensors.push_back({name + one.name, one.tensor});
  };
  const nn::Lstm lstm({.input = 2, .hidden = 3, .layers = 2, .bidirectional = true});
  add("words.embed.", nn::Embedding({.count = 5, .width = 2}));
  add("rnn.", lstm);
  add("out.", nn::Linear(6, 4));
  const std::vector<KerasLayer> layers = keras_layers(content);
  REQUIRE(layers.size() == 4);
  CHECK(layers[0].kind == "Embedding");
  CHECK(layers[2].name == "rnn_1");
  CHECK(layers[3].kind == "Dense");
  const Folder folder;
  write_keras_weights(folder.path("a.weights.h5"), layers);
  const std::vector<KerasLayer> read = read_keras(folder.path("a.weights.h5"));
  const Tensor sum = lstm.cell(0).bias_ih.value() + lstm.cell(0).bias_hh.value();
  CHECK(nn::find(read[0].tensors, "bias_ih_l0")->to_bytes() == sum.to_bytes());
  content.tensors = {{"norm.running", Tensor::ones({3})}};
  CHECK(
      message_of([&] { keras_layers(content); }).starts_with("[keras_layers] need tensors of a layer of GRU, LSTM, "));
  content = {{{"gru.weight_ih_l0", Tensor::ones({3, 1})}, {"gru.weight_hh_l0", Tensor::ones({3, 1})}},
             {{"grus.gru", "gates r z n, reset after, update replace"}}};
  CHECK(
      message_of([&] { keras_layers(content); }).starts_with("[keras_layers] need a GRU whose z keeps the old state"));
}

TEST_CASE("keras file: a GRU's form comes from the configuration or the biases, and without either it is refused") {
  if (!keras_available()) return test::skip("no libhdf5");
  const Folder folder;
  for (const Reset reset : {Reset::after, Reset::before}) {
    const std::string path = folder.file("a.weights.h5", weights_of(one_gru(reset)));
    CHECK(read_keras(path).at(0).reset == reset);
  }
  KerasLayer bare = one_gru(Reset::after)[0];
  bare.tensors.resize(2);
  const std::string path = folder.file("a.weights.h5", weights_of({bare}));
  CHECK(message_of([&] { read_keras(path); }) ==
        path +
            ": need biases of the GRU 'one', or a file with the model's configuration, to know its form "
            "(reset_after), got neither");
  CHECK(refusal(config_of("GRU", gru_words), weights_of(one_gru(Reset::before))) ==
        ": need the variables of a GRU as Keras has them in 'one', got (2, 9), (3, 9), (9)");
}

TEST_CASE("keras file: layers and options that are no module's are refused by their names") {
  if (!keras_available()) return test::skip("no libhdf5");
  const std::string weights = weights_of(one_gru(Reset::after));
  CHECK(refusal(config_of("GRU", gru_words), weights) == "(no path) ");
  CHECK(refusal(config_of("ConvLSTM2D", ""), weights) ==
        ": need layers of GRU, LSTM, SimpleRNN, Embedding, Dense, LayerNormalization, Conv1D, got 'one' of the kind "
        "ConvLSTM2D");
  CHECK(refusal(config_of("GRU", R"(, "activation": "tanh", "recurrent_activation": "hard_sigmoid")"), weights) ==
        ": need recurrent_activation 'sigmoid' of the GRU 'one', got 'hard_sigmoid'");
  CHECK(
      refusal(config_of("Dense", R"(, "activation": "relu")"), weights).starts_with(": need the variables of a Dense"));
  CHECK(refusal(R"({"class_name": "Mine", "config": {}})", weights) ==
        ": need a model of class Sequential or Functional, got 'Mine'");
  CHECK(refusal(std::string(1000, '['), weights) == ": need JSON nested at most 64 deep, got more");
  CHECK(refusal(config_of("GRU", gru_words), "no HDF5") == ": model.weights.h5: need an HDF5 file, got another");
  KerasLayer layer = one_gru(Reset::after)[0];
  layer.backwards = true;
  CHECK(message_of([&] { gru_of(layer); }) ==
        "[gru_of] need 'one' forward, or both directions beside one another, got one that goes backwards");
  CHECK(message_of([&] { lstm_of(layer); }).starts_with("[lstm_of] need a layer of the kind LSTM, got the GRU 'one'"));
}

TEST_CASE("keras file: sizes beyond the file's, arrays in pieces and links are refused before memory is taken") {
  if (!keras_available()) return test::skip("no libhdf5");
  const Folder folder;
  std::string bytes = weights_of(one_gru(Reset::after));
  const uint64_t dims[] = {2, 9}, vast[] = {uint64_t{1} << 35, 9};
  size_t found = 0;
  for (size_t at = bytes.find(std::string(reinterpret_cast<const char*>(dims), 16)); at != std::string::npos;
       at = bytes.find(std::string(reinterpret_cast<const char*>(dims), 16), at + 1), ++found)
    std::memcpy(&bytes[at], vast, 16);
  REQUIRE(found > 0);
  const std::string path = folder.file("a.weights.h5", bytes);
  CHECK(message_of([&] { read_keras(path); }).find("a.weights.h5: need ") != std::string::npos);
}

TEST_CASE("keras file: what is cut short is refused in one line that names the file") {
  if (!keras_available()) return test::skip("no libhdf5");
  const Folder folder;
  for (const char* name : {"model.keras", "model.h5"}) {
    const std::string good = test::bytes_of(golden_file(name));
    for (size_t size = 0; size < good.size(); size += 97) {
      const std::string path = folder.file(name, good.substr(0, size));
      const std::string message = message_of([&] { read_keras(path); });
      REQUIRE_MESSAGE(message.starts_with(path), size << " " << message);
      REQUIRE(message.find('\n') == std::string::npos);
    }
  }
}

TEST_CASE("keras file: flipped bytes give the layers or one line, never an end of the process") {
  if (!keras_available()) return test::skip("no libhdf5");
  const Folder folder;
  const std::string good = test::bytes_of(golden_file("model.h5"));
  std::mt19937_64 random(5);
  for (int n = 0; n < 400; ++n) {
    std::string bad = good;
    for (uint64_t flips = 1 + random() % 4; flips > 0; --flips)
      bad[random() % bad.size()] = static_cast<char>(random());
    const std::string path = folder.file("model.h5", bad), message = message_of([&] { read_keras(path); });
    REQUIRE_MESSAGE((message.empty() || message == "nothing thrown" || message.starts_with(path)), n << " " << message);
  }
}
