// grus-convert: weights from one kind of file into another, renamed on the way.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>

#include "core/base/error.h"
#include "core/base/printable.h"
#include "data/read/npy.h"
#include "examples/support/program.h"
#include "formats/onnx.h"
#include "formats/torch_file.h"
#include "nn/serialize.h"

namespace {

using namespace grus;

struct Renaming {
  std::string strip, add;                 // beginnings of names
  std::vector<std::string> only, rename;  // beginnings; OLD=NEW
};

nn::TensorFile read(const std::filesystem::path& path) {
  const std::string kind = path.extension().string();
  if (kind == ".safetensors") return nn::read_safetensors(path);
  if (kind == ".onnx") return formats::read_onnx(path);
  if (kind == ".pt" || kind == ".pth" || kind == ".bin") return {formats::read_torch(path), {}};
  if (kind != ".npz")
    fail<UsageError>("{}: need a file that ends in .pt, .pth, .bin, .safetensors, .npz or .onnx", path.string());
  const data::NpzFile file(path.string());
  nn::TensorFile content;
  for (const std::string& name : file.names()) content.tensors.push_back({name, file.read(name)});
  return content;
}

void write(const std::filesystem::path& path, const nn::TensorFile& content) {
  const std::string kind = path.extension().string();
  if (kind == ".safetensors") return nn::write_safetensors(path, content.tensors, content.metadata);
  if (kind == ".pt" || kind == ".pth" || kind == ".bin") return formats::write_torch(path, content.tensors);
  if (kind != ".npz")
    fail<UsageError>("{}: need a file that ends in .pt, .pth, .bin, .safetensors or .npz", path.string());
  std::vector<std::pair<std::string, Tensor>> arrays;
  for (const nn::NamedTensor& entry : content.tensors) arrays.emplace_back(entry.name, entry.tensor);
  data::write_npz(path.string(), arrays);
}

nn::NamedTensors renamed(const nn::NamedTensors& tensors, const Renaming& how) {
  nn::NamedTensors result;
  for (const nn::NamedTensor& entry : tensors) {
    std::string name = entry.name;
    const auto begins = [&](const std::string& with) { return name.starts_with(with); };
    if (!how.only.empty() && std::ranges::none_of(how.only, begins)) continue;
    if (begins(how.strip)) name.erase(0, how.strip.size());
    for (const std::string& pair : how.rename) {
      const size_t equals = pair.find('=');
      require<UsageError>(equals != std::string::npos && equals > 0, "--rename: need OLD=NEW, got '{}'", Shown{pair});
      if (begins(pair.substr(0, equals))) name = pair.substr(equals + 1) + name.substr(equals);
    }
    name.insert(0, how.add);
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
      "dicts), .safetensors, .npz (NumPy), .onnx (IN alone: the weights of a model).");
  app.footer("Without OUT the names, types and shapes are printed. No code in a file of PyTorch is run.");
  std::string in, out;
  Renaming how;
  app.add_option("IN", in, "file of weights")->required();
  app.add_option("OUT", out, "file to write");
  app.add_option("--only", how.only, "keep tensors whose names begin so")->type_size(1)->allow_extra_args(false);
  app.add_option("--strip", how.strip, "beginning of names to leave out, such as 'model.'");
  app.add_option("--rename", how.rename, "OLD=NEW: beginnings of names (after --strip)")
      ->type_size(1)
      ->allow_extra_args(false);
  app.add_option("--add", how.add, "beginning of names to add, last of all");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  nn::TensorFile content = read(in);
  content.tensors = renamed(content.tensors, how);
  int64_t numbers = 0;
  for (const nn::NamedTensor& entry : content.tensors) {
    numbers += entry.tensor.numel();
    if (out.empty())
      fmt::print("{}\t{}\t{}\n", printable(entry.name, 1000), entry.tensor.dtype(), entry.tensor.shape());
  }
  if (!out.empty()) write(out, content);
  fmt::print(stderr, "{} tensors of {} numbers{}\n", content.tensors.size(), numbers, out.empty() ? "" : ": " + out);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  return grus::run_program("grus-convert", [&] { return convert(argc, argv); });
}
