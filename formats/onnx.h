#pragma once
// Models in ONNX (opset 17), which ONNX Runtime and others run: docs/onnx.md. An export records a function on tapes
// that keep the program, and maps each record to nodes by one table. It is a library of its own, grus_onnx.
// Sources: formats/onnx/save_onnx.cpp, formats/onnx/read_onnx.cpp, formats/onnx/absent.cpp.
#include <concepts>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "core/tensor/lengths.h"
#include "nn/module.h"
#include "nn/serialize.h"

namespace grus::formats {

/// An input of the model, with numbers that it may have. `axes` names the axes whose sizes vary, as {"time", "batch"};
/// "" and axes without a name keep the example's size. Axes of one name have one size.
struct OnnxInput {
  std::string name;
  Tensor example;
  std::vector<std::string> axes = {};
};

/// Ragged sequences: the model then has one more input, lengths (B) i64, each of 1 to T steps. `steps` and `batch` are
/// the names of axes that inputs have.
struct OnnxLengths {
  std::string name = "lengths", steps = "time", batch = "batch";
};

struct OnnxOptions {
  std::vector<std::string> outputs = {};  // their names; "output0", "output1", ... without
  nn::NamedTensors state = {};            // the names of parameters and buffers, as a module's state_dict()
  std::optional<OnnxLengths> lengths = {};
  nn::Metadata metadata = {};  // texts that the model bears, such as its classes
};

/// Computes the outputs. The lengths are those of OnnxOptions::lengths, else those of no sequences.
using OnnxFunction = std::function<std::vector<Tensor>(const std::vector<Tensor>& inputs, const Lengths& lengths)>;

/// Writes what `f` computes, a file that appears whole or not at all. f runs several times, with inputs of other
/// numbers and sizes: what changes with a size is computed in the graph. Throws UsageError that names the op and its
/// module for an op without a counterpart, loops over steps of varying length, numbers that change as dropout's do, and
/// reductions over packed rows.
void save_onnx(const std::filesystem::path& path, const OnnxFunction& f, const std::vector<OnnxInput>& inputs,
               OnnxOptions options = {});

namespace onnx_call {

template <class M, class... X>
void call(const M& module, std::vector<Tensor>& outputs, const X&... x) {
  nn::append_tensors(module(x...), outputs);
}

/// Calls a module whose forward takes so many tensors, and lengths behind them where there are any.
template <class M>
std::vector<Tensor> with(const M& module, const std::vector<Tensor>& x, const Lengths& lengths, bool ragged) {
  std::vector<Tensor> y;
  if constexpr (requires { module(x[0], lengths); })
    if (ragged && x.size() == 1) call(module, y, x[0], lengths);
  if constexpr (requires { module(x[0], x[1], lengths); })
    if (ragged && x.size() == 2) call(module, y, x[0], x[1], lengths);
  if constexpr (requires { module(x[0]); })
    if (!ragged && x.size() == 1) call(module, y, x[0]);
  if constexpr (requires { module(x[0], x[1]); })
    if (!ragged && x.size() == 2) call(module, y, x[0], x[1]);
  if constexpr (requires { module(x[0], x[1], x[2]); })
    if (!ragged && x.size() == 3) call(module, y, x[0], x[1], x[2]);
  require<UsageError>(!y.empty(),
                      "[save_onnx] need a module whose forward takes {} tensors{}, got another; give a function",
                      x.size(), ragged ? " and lengths" : "");
  return y;
}

}  // namespace onnx_call

/// Writes a module, which must be in evaluation; its parameters have the names of its state dict. Throws as above.
template <class M>
void save_onnx(const std::filesystem::path& path, const M& module, const std::vector<OnnxInput>& inputs,
               OnnxOptions options = {}) requires std::derived_from<M, nn::ModuleBase> {
  require<UsageError>(!module.is_training(),
                      "[save_onnx] need a module in evaluation, got one in training; call eval()");
  if (options.state.empty()) options.state = module.state_dict();
  const bool ragged = options.lengths.has_value();
  save_onnx(path, OnnxFunction([&module, ragged](const std::vector<Tensor>& x, const Lengths& lengths) {
              return onnx_call::with(module, x, lengths, ragged);
            }),
            inputs, std::move(options));
}

/// Reads a model's weights: those of GRU, LSTM and RNN nodes under PyTorch's names, in its layout and order of gates;
/// of Gemm, MatMul and Gather as a Linear's and an Embedding's; others as they are. The metadata has GRUs' conventions
/// (nn::check_conventions) and RNNs' activations. Throws DataError, naming file and node, for ops that are not known,
/// what Grus's recurrences do not do (clip, peepholes, other activations), and what is damaged.
nn::TensorFile read_onnx(const std::filesystem::path& path, Device device = default_device());

}  // namespace grus::formats
