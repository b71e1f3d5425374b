// onnx.h declares these; the build found no protobuf.
#include "core/base/error.h"
#include "formats/onnx.h"

namespace grus::formats {

void save_onnx(const std::filesystem::path&, const OnnxFunction&, const std::vector<OnnxInput>&, OnnxOptions) {
  fail<UsageError>("[save_onnx] need a build with protobuf (libprotobuf-dev, protobuf-compiler), got one without");
}

nn::TensorFile read_onnx(const std::filesystem::path& path, Device) {
  fail<UsageError>("{}: need a build with protobuf (libprotobuf-dev, protobuf-compiler) to read ONNX, got one without",
                   path.string());
}

}  // namespace grus::formats
