
#include "core/base/atomic_file.h"
#include "core/base/error.h"
#include "core/base/version.h"
#include "formats/onnx/exporter.h"
#include "formats/onnx/messages.h"

namespace grus::formats {
namespace {

constexpr int64_t ir_version = 8, opset = 17;
constexpr size_t most_bytes = size_t{1} << 31;  // a message of protobuf holds less

}  // namespace

void save_onnx(const std::filesystem::path& path, const OnnxFunction& f, const std::vector<OnnxInput>& inputs,
               OnnxOptions options) {
  const Recordings recordings = record_all(f, inputs, options);
  const NoGrad finished;  // what is computed from here on is no part of the program
  onnx::Model model;
  model.set_ir_version(ir_version);
  model.set_producer_name("grus");
  model.set_producer_version(version);
  model.mutable_graph()->set_name(path.stem().string());
  onnx::OperatorSet& ops = *model.add_opset_import();
  ops.set_domain("");
  ops.set_version(opset);
  for (const auto& [key, value] : options.metadata) {
    onnx::Property& property = *model.add_metadata_props();
    property.set_key(key);
    property.set_value(value);
  }
  GraphBuilder graph(*model.mutable_graph());
  Exporter(recordings, inputs, options, graph).run();
  require<UsageError>(model.ByteSizeLong() < most_bytes, "{}: need a model of less than 2 GiB, got {} bytes",
                      path.string(), model.ByteSizeLong());
  write_file_atomically(path, model.SerializeAsString());
}

}  // namespace grus::formats
