// Targets for the readers of models: packs and indexes of them, and files of other programs.
#include <fstream>

#include "core/base/checksum.h"
#include "core/base/error.h"
#include "core/base/pack.h"
#include "data/fetch/download.h"
#include "data/fetch/model_index.h"
#include "data/read/text.h"
#include "data/read/zip.h"
#include "formats/keras_file.h"
#include "formats/onnx.h"
#include "formats/torch_file.h"
#include "nn/gru.h"
#include "nn/lstm.h"
#include "tests/fuzz/target.h"

namespace grus::fuzz {
namespace {

using Seeds = std::vector<std::string>;

bool read_onnx_model(const std::string& bytes) {
  return with_file(bytes, [](const std::string& path) { formats::read_onnx(path); });
}

template <class M>
std::string onnx_of(M module) {
  module.eval();
  const Scratch scratch;
  const std::string path = scratch.root() / "m.onnx";
  formats::save_onnx(path, module, {{"x", Tensor::ones({2, 2, 2}), {"time", "batch"}}});
  return data::read_whole_file(path);
}

// A build without protobuf refuses every model.
Seeds onnx_seeds() {
  try {
    return {onnx_of(nn::Gru({.input = 2, .hidden = 1, .bidirectional = true})),
            onnx_of(nn::Lstm({.input = 2, .hidden = 1}))};
  } catch (const UsageError&) {
    return {""};
  }
}

bool read_torch_file(const std::string& bytes) {
  return with_file(bytes, [](const std::string& path) { formats::read_torch(path); });
}

// The pickle alone, in an archive whose checksums are right.
bool read_torch_pickle(const std::string& bytes) {
  const Scratch scratch;
  const std::string path = scratch.root() / "a.pt";
  data::ZipWriter zip(path);
  zip.add("a/data.pkl", bytes, false);
  zip.add("a/data/0", std::string(48, '\1'), false);
  zip.commit();
  return refuses_well(path, [&] { formats::read_torch(path); });
}

Seeds torch_seeds() {
  const Scratch scratch;
  const std::string path = scratch.root() / "a.pt";
  formats::write_torch(path, {{"w", Tensor::ones({2, 3})}, {"n", Tensor::ones({}, DType::i64)}});
  return {data::read_whole_file(path)};
}

Seeds torch_pickles() {
  const std::string file = torch_seeds()[0];
  const size_t begin = file.find("\x80\x02"), end = file.find("PK", begin);
  return {file.substr(begin, end - begin)};
}

void read_members(const std::string& path) {
  for (const PackMember& member : read_pack(path)) data::read_whole_file(path + "/" + member.name);
}

bool read_pack_file(const std::string& bytes) { return with_file(bytes, read_members); }

// The list alone, whose size and checksum are right where it has room for one.
bool read_pack_list(const std::string& list) {
  std::string sealed = list;
  try {
    seal(sealed);
  } catch (const UsageError&) {  // a list without a place for it goes as it is
  }
  const uint64_t size = sealed.size();
  return with_file("GRUSPACK" + std::string(reinterpret_cast<const char*>(&size), sizeof size) + sealed + "0123456789",
                   read_members);
}

// Whatever an index from elsewhere says, no file of this machine is reached for.
bool read_index_of_models(const std::string& bytes) {
  return with_file(bytes, [](const std::string& path) {
    const std::string origin = "https://h" + path;
    for (const data::ModelEntry& model : data::read_model_index(data::read_whole_file(path), origin)) {
      require(data::is_model_name(model.name) && model.sha256.size() == 64, "a name or sum that is none");
      require(data::is_web_address(model.file), "a file of this machine");
    }
  });
}

Seeds packs() {
  const Scratch scratch;
  const std::string path = scratch.root() / "a.grus", file = scratch.root() / "a.txt";
  std::ofstream(file) << "text";
  write_pack(path, {file});
  return {data::read_whole_file(path)};
}

bool read_keras_file(const std::string& bytes) {
  return with_file(bytes, [](const std::string& path) {
    for (const formats::KerasLayer& layer : formats::read_keras(path))
      require(!layer.tensors.empty(), "an empty layer");
  });
}

Seeds keras_seeds() {
  if (!formats::keras_available()) return {"no library"};
  const Scratch scratch;
  const std::string path = scratch.root() / "a.weights.h5";
  formats::write_keras_weights(path, {{.kind = "Dense", .name = "one", .tensors = {{"weight", Tensor::ones({2, 3})}}}});
  return {data::read_whole_file(path)};
}

// The configuration alone, in an archive whose checksums and weights are right.
bool read_keras_configuration(const std::string& bytes) {
  static const std::string weights = keras_seeds()[0];
  const Scratch scratch;
  const std::string path = scratch.root() / "a.keras";
  data::ZipWriter zip(path);
  zip.add("config.json", bytes, false);
  zip.add("model.weights.h5", weights, false);
  zip.commit();
  return refuses_well(path, [&] { formats::read_keras(path); });
}

Seeds keras_configurations() {
  return {
      R"({"class_name": "Sequential", "config": {"name": "s", "layers": [{"class_name": "Dense", "config":)"
      R"({"name": "one", "activation": "linear"}}]}})",
      R"({"class_name": "Sequential", "config": {"name": "s", "layers": [{"class_name": "InputLayer", "config": {}},)"
      R"({"class_name": "TimeDistributed", "config": {"name": "t", "layer": {"class_name": "Dense", "config":)"
      R"({"name": "d", "activation": "tanh"}}}}, {"class_name": "Dense", "config": {"name": "one", "activation":)"
      R"("linear"}}, {"class_name": "Conv1D", "config": {"name": "c", "activation": "relu", "strides": [1],)"
      R"("dilation_rate": [2], "padding": "same"}}, {"class_name": "Sequential", "config": {"name": "n", "layers":)"
      R"([{"class_name": "Bidirectional", "config": {"name": "b", "merge_mode": "sum", "layer": {"class_name": "GRU",)"
      R"("config": {"name": "g", "activation": "tanh", "recurrent_activation": "sigmoid"}}}}]}}]}})"};
}

}  // namespace

std::vector<Target> model_targets() {
  return {
      {"pack", read_pack_file, packs},
      {"pack_list", read_pack_list,
       [] {
         return Seeds{
             R"({"checksum":"grus.crc32:00000000","files":{"a":{"begin":0,"bytes":4},"b.c":{"begin":4,"bytes":0}}})"};
       }},
      {"model_index", read_index_of_models,
       [] {
         const std::string sum(64, 'a');
         return Seeds{
             R"({"format":"grus models","version":1,"models":[{"name":"a","file":"b/a.grus","bytes":3,"about":"x",)"
             R"("card":"a.md","sha256":")" +
             sum + R"("},{"name":"c","file":"https://h/../c","bytes":1,"sha256":")" + sum + R"("}]})"};
       }},
      {"onnx", read_onnx_model, onnx_seeds},
      {"torch_file", read_torch_file, torch_seeds},
      {"torch_pickle", read_torch_pickle, torch_pickles},
      {"keras_file", read_keras_file, keras_seeds},
      {"keras_configuration", read_keras_configuration, keras_configurations},
  };
}

}  // namespace grus::fuzz
