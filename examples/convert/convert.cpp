// grus-convert: weights from one kind of file into another, renamed on the way.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <optional>

#include "core/base/error.h"
#include "core/base/printable.h"
#include "data/read/npy.h"
#include "examples/support/program.h"
#include "formats/gguf.h"
#include "formats/keras_file.h"
#include "formats/onnx.h"
#include "formats/torch_file.h"
#include "nn/serialize.h"

namespace {

using namespace grus;

struct Renaming {
  std::string strip, add;                 // beginnings of names
  std::vector<std::string> only, rename;  // beginnings; OLD=NEW
};

// Returns a path's ending: ".weights.h5" is a kind of its own.
std::string kind_of(const std::filesystem::path& path) {
  return path.string().ends_with(".weights.h5") ? ".weights.h5" : path.extension().string();
}

nn::TensorFile read(const std::filesystem::path& path) {
  const std::string kind = kind_of(path);
  if (kind == ".safetensors") return nn::read_safetensors(path);
  if (kind == ".onnx") return formats::read_onnx(path);
  if (kind == ".pt" || kind == ".pth" || kind == ".bin") return {formats::read_torch(path), {}};
  if (kind == ".keras" || kind == ".h5" || kind == ".weights.h5" || kind == ".hdf5")
    return formats::tensors_of(formats::read_keras(path));
  if (kind != ".npz")
    fail<UsageError>("{}: need a file that ends in .pt, .pth, .bin, .safetensors, .npz, .keras, .h5 or .onnx",
                     path.string());
  const data::NpzFile file(path.string());
  nn::TensorFile content;
  for (const std::string& name : file.names()) content.tensors.push_back({name, file.read(name)});
  return content;
}

formats::GgufType type_of(const std::string& word) {
  constexpr std::pair<std::string_view, formats::GgufType> types[] = {{"f32", formats::GgufType::f32},
                                                                      {"f16", formats::GgufType::f16},
                                                                      {"q8_0", formats::GgufType::q8_0},
                                                                      {"q4_0", formats::GgufType::q4_0}};
  for (const auto& [name, type] : types)
    if (name == word) return type;
  fail<UsageError>("--type: need f32, f16, q8_0 or q4_0, got '{}'", Shown{word});
}

void write(const std::filesystem::path& path, const nn::TensorFile& content, const std::string& type) {
  const std::string kind = kind_of(path);
  const formats::GgufType stored = type_of(type);
  require<UsageError>(kind == ".gguf" || type == "f32", "--type: need a file to write that ends in .gguf, got '{}'",
                      path.string());
  if (kind == ".gguf") return formats::write_gguf(path, content, stored);
  if (kind == ".safetensors") return nn::write_safetensors(path, content.tensors, content.metadata);
  if (kind == ".keras") return formats::write_keras(path, formats::keras_layers(content));
  if (kind == ".weights.h5") return formats::write_keras_weights(path, formats::keras_layers(content));
  for (const auto& [key, value] : content.metadata)
    require<UsageError>(
        !key.starts_with(nn::convention_key()),
        "{}: need a file that can name a GRU of '{}' (.safetensors, .keras, .weights.h5 or .gguf), got one that "
        "would be read as PyTorch's",
        path.string(), Shown{value});
  if (kind == ".pt" || kind == ".pth" || kind == ".bin") return formats::write_torch(path, content.tensors);
  if (kind != ".npz")
    fail<UsageError>("{}: need a file that ends in .pt, .pth, .bin, .safetensors, .npz, .keras, .weights.h5 or .gguf",
                     path.string());
  std::vector<std::pair<std::string, Tensor>> arrays;
  for (const nn::NamedTensor& entry : content.tensors) arrays.emplace_back(entry.name, entry.tensor);
  data::write_npz(path.string(), arrays);
}

// Returns a tensor's new name, or nothing where it is left out.
std::optional<std::string> renamed(std::string name, const Renaming& how) {
  const auto begins = [&](const std::string& with) { return name.starts_with(with); };
  if (!how.only.empty() && std::ranges::none_of(how.only, begins)) return std::nullopt;
  if (begins(how.strip)) name.erase(0, how.strip.size());
  for (const std::string& pair : how.rename) {
    const size_t equals = pair.find('=');
    require<UsageError>(equals != std::string::npos && equals > 0, "--rename: need OLD=NEW, got '{}'", Shown{pair});
    if (begins(pair.substr(0, equals))) name = pair.substr(equals + 1) + name.substr(equals);
  }
  return how.add + name;
}

// What metadata say of a module, "grus.gru:PATH", goes the way of its tensors.
nn::Metadata renamed(const nn::Metadata& metadata, const Renaming& how) {
  nn::Metadata result;
  for (const auto& [key, value] : metadata) {
    const size_t colon = key.find(':') + 1;
    if (colon == 0 || !(key.starts_with(nn::convention_key() + ":") || key.starts_with("keras:"))) {
      result.emplace(key, value);
    } else if (const auto path = renamed(key.substr(colon) + ".", how); path && !path->empty()) {
      result.emplace(key.substr(0, colon) + path->substr(0, path->size() - 1), value);
    }
  }
  return result;
}

nn::NamedTensors renamed(const nn::NamedTensors& tensors, const Renaming& how) {
  nn::NamedTensors result;
  for (const nn::NamedTensor& entry : tensors) {
    const std::optional<std::string> kept = renamed(entry.name, how);
    if (!kept) continue;
    const std::string& name = *kept;
    for (const nn::NamedTensor& other : result)
      require<UsageError>(other.name != name, "--rename: need names that differ, got '{}' twice", Shown{name});
    result.push_back({name, entry.tensor});
  }
  require<UsageError>(!result.empty(), "--only: need tensors of these names, got none of {}", tensors.size());
  return result;
}

int convert(int argc, char** argv) {
  CLI::App app(
      "Reads weights from a file and writes them into another. The endings say which kinds: .pt, .pth and .bin "
      "(PyTorch's state "
      "dicts), .safetensors, .npz (NumPy), .onnx (IN alone: the weights of a model), .keras and .h5 (Keras; "
      ".keras and .weights.h5 are written), .gguf (written).");
  app.footer(
      "Without OUT the names, types and shapes are printed. No code in a file of PyTorch or Keras is run. Tensors go "
      "into "
      ".keras, a Sequential model, and .weights.h5 as layers, by what their names, shapes and the file of Keras that "
      "they came from tell.");
  std::string in, out, type = "f32";
  Renaming how;
  app.add_option("IN", in, "file of weights")->required();
  app.add_option("OUT", out, "file to write");
  app.add_option("--only", how.only, "keep tensors whose names begin so")->type_size(1)->allow_extra_args(false);
  app.add_option("--strip", how.strip, "beginning of names to leave out, such as 'model.'");
  app.add_option("--rename", how.rename, "OLD=NEW: beginnings of names (after --strip)")
      ->type_size(1)
      ->allow_extra_args(false);
  app.add_option("--add", how.add, "beginning of names to add, last of all");
  app.add_option("--type", type, "numbers of a .gguf: f32, f16, q8_0, q4_0 (blocks of 32 in 8 or 4 bits)");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  nn::TensorFile content = read(in);
  content.tensors = renamed(content.tensors, how);
  content.metadata = renamed(content.metadata, how);
  int64_t numbers = 0;
  for (const nn::NamedTensor& entry : content.tensors) {
    numbers += entry.tensor.numel();
    if (out.empty())
      fmt::print("{}\t{}\t{}\n", printable(entry.name, 1000), entry.tensor.dtype(), entry.tensor.shape());
  }
  if (!out.empty()) write(out, content, type);
  fmt::print(stderr, "{} tensors of {} numbers{}\n", content.tensors.size(), numbers, out.empty() ? "" : ": " + out);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  return grus::run_program("grus-convert", [&] { return convert(argc, argv); });
}
