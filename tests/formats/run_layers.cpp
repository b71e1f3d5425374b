// Runs modules on weights of other frameworks for tests/golden/exchange.py, which compares outputs and files.
//
//   run_layers torch SPEC.json WEIGHTS IN.safetensors OUT.safetensors BACK    SPEC: {"kind": "gru", "hidden": 3, ...}
//   run_layers keras MODEL IN.safetensors OUT.safetensors BACK.weights.h5     layers one after the other
//
// WEIGHTS "none" leaves the module's own first weights. IN has x (T, B, I) or ids (T, B), and lengths (B) i64.
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "core/base/error.h"
#include "data/read/text.h"
#include "formats/keras_file.h"
#include "formats/keras_modules.h"
#include "formats/torch_file.h"
#include "nn/conv.h"
#include "nn/embedding.h"
#include "nn/layer_norm.h"
#include "nn/linear.h"
#include "nn/multihead_attention.h"
#include "ops/math/elementwise.h"
#include "ops/math/shape.h"
#include "ops/math/softmax.h"

namespace {

using namespace grus;

struct Input {
  Tensor x;
  Lengths lengths;
  explicit Input(const char* path)
      : x(*nn::find(nn::read_safetensors(path).tensors, "x")),
        lengths(nn::find(nn::read_safetensors(path).tensors, "lengths")->to_vector<int64_t>()) {}
};

void exchange(nn::ModuleBase& module, const std::string& weights, const std::string& back) {
  if (weights.ends_with(".safetensors")) nn::load_weights(weights, module);
  else if (weights != "none") module.load_state_dict(formats::read_torch(weights));
  module.eval();
  if (back.ends_with(".safetensors")) nn::save_weights(back, module);
  else formats::write_torch(back, module.state_dict());
}

template <class M, class Options>
Tensor recurrent(const nlohmann::json& spec, char** files, const Input& in) {
  Options options{};
  options.input = in.x.dim(2), options.hidden = spec["hidden"], options.layers = spec["layers"];
  options.bidirectional = spec["bidirectional"], options.bias = spec["bias"];
  if constexpr (std::is_same_v<Options, nn::RnnOptions>)
    if (spec["relu"]) options.activation = Activation::relu;
  M module(options);
  exchange(module, files[0], files[3]);
  return module(in.x, in.lengths).y;
}

Tensor torch_module(const nlohmann::json& spec, char** files) {
  const Input in(files[1]);
  const std::string kind = spec["kind"];
  if (kind == "gru") return recurrent<nn::Gru, nn::GruOptions>(spec, files, in);
  if (kind == "lstm") return recurrent<nn::Lstm, nn::LstmOptions>(spec, files, in);
  if (kind == "rnn") return recurrent<nn::Rnn, nn::RnnOptions>(spec, files, in);
  const auto run = [&](auto module, const auto& call) -> Tensor {
    exchange(module, files[0], files[3]);
    return call(module);
  };
  const auto plain = [&](const auto& module) { return module(in.x); };
  if (kind == "linear") return run(nn::Linear(in.x.dim(2), spec["out"], default_rng(), {.bias = spec["bias"]}), plain);
  if (kind == "embedding") return run(nn::Embedding({.count = spec["count"], .width = spec["width"]}), plain);
  if (kind == "layer_norm") return run(nn::LayerNorm(in.x.dim(2)), plain);
  if (kind == "conv1d")
    return run(nn::Conv1d({.in = in.x.dim(1),
                           .out = spec["out"],
                           .kernel = spec["kernel"],
                           .stride = spec["stride"],
                           .padding = spec["padding"],
                           .dilation = spec["dilation"],
                           .groups = spec["groups"],
                           .bias = spec["bias"]}),
               plain);
  if (kind == "conv2d")
    return run(nn::Conv2d({.in = in.x.dim(1), .out = spec["out"], .kernel = spec["kernel"].get<int64_t>()}), plain);
  if (kind == "attention")
    return run(
        nn::MultiheadAttention({.width = in.x.dim(2), .heads = spec["heads"]}),
        [&](const nn::MultiheadAttention& module) { return module(in.x, nn::AttentionCall{.lengths = in.lengths}).y; });
  fail<UsageError>("[run_layers] need a kind of module, got '{}'", kind);
}

Tensor activated(const Tensor& x, const std::string& name) {
  if (name == "linear" || name.empty()) return x;
  if (name == "tanh") return tanh(x);
  if (name == "relu") return relu(x);
  if (name == "softmax") return softmax(x, -1);
  fail<UsageError>("[run_layers] need an activation, got '{}'", name);
}

// x is (T, B, C); Keras' convolutions take (B, C, T) here.
Tensor layer(const formats::KerasLayer& of, const Tensor& x, const Lengths& lengths) {
  if (of.kind == "GRU") return formats::gru_of(of)(x, lengths).y;
  if (of.kind == "LSTM") return formats::lstm_of(of)(x, lengths).y;
  if (of.kind == "SimpleRNN") return formats::rnn_of(of)(x, lengths).y;
  if (of.kind == "Embedding") return formats::embedding_of(of)(x);
  if (of.kind == "LayerNormalization") return formats::layer_norm_of(of)(x);
  if (of.kind == "Dense") return activated(formats::linear_of(of)(x), of.activation);
  const nn::Conv1d conv = formats::conv1d_of(of);
  const int64_t reach = (conv.options.kernel - 1) * of.dilation;
  const int64_t before = of.padding == "causal" ? reach : of.padding == "same" ? reach / 2 : 0;
  const int64_t after = of.padding == "same" ? reach - before : 0;
  return activated(conv(pad(permute(x, {1, 2, 0}), {{0, 0}, {0, 0}, {before, after}})).permute({2, 0, 1}),
                   of.activation);
}

int run(int argc, char** argv) {
  require<UsageError>(argc == 7 || argc == 6, "[run_layers] need torch or keras and five or four files");
  if (std::string(argv[1]) == "torch") {
    const nlohmann::json spec = nlohmann::json::parse(data::read_whole_file(argv[2]));
    char* files[] = {argv[3], argv[4], argv[5], argv[6]};
    nn::write_safetensors(argv[5], {{"y", torch_module(spec, files)}});
    return 0;
  }
  const std::vector<formats::KerasLayer> layers = formats::read_keras(argv[2]);
  const Input in(argv[3]);
  Tensor x = in.x;
  for (const formats::KerasLayer& one : layers) x = layer(one, x, in.lengths);
  nn::write_safetensors(argv[4], {{"y", x}});
  formats::write_keras_weights(argv[5], formats::keras_layers(formats::tensors_of(layers)));
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run(argc, argv);
  } catch (const std::exception& error) {
    fmt::print(stderr, "{}\n", error.what());
    return 1;
  }
}
