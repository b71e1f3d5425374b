#include "formats/onnx/model_file.h"
#include "formats/onnx/messages.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "core/base/error.h"
#include "core/base/half.h"
#include "core/base/printable.h"
#include "data/read/text.h"

namespace grus::formats {
namespace {

constexpr size_t most_bytes = (size_t{1} << 31) - 1;  // of a message of protobuf
constexpr int64_t most_elements = int64_t{1} << 40;

struct Stored {
  int number;
  DType dtype;
  size_t bytes;  // of an element in raw_data
};
constexpr int half_number = 10;
constexpr Stored stored[] = {{1, DType::f32, 4},  {2, DType::u8, 1},      {6, DType::i32, 4},
                             {7, DType::i64, 8},  {9, DType::boolean, 1}, {half_number, DType::f32, 2},
                             {11, DType::f64, 8}, {16, DType::bf16, 2}};

/// Returns the shape. Its elements, an axis of size 0 counted as 1, are so few that no stride overflows.
Shape shape_of(const std::string& file, const onnx::TensorData& data) {
  require<DataError>(data.dims_size() <= max_rank, "{}: need at most {} axes, got {} of '{}'", file, max_rank,
                     data.dims_size(), Shown{data.name()});
  Shape shape;
  int64_t elements = 1;
  for (const int64_t dim : data.dims()) {
    require<DataError>(dim >= 0 && (dim == 0 || elements <= most_elements / dim),
                       "{}: need sizes that are not negative, of at most 2^40 elements, got {} of '{}'", file, dim,
                       Shown{data.name()});
    elements *= std::max<int64_t>(dim, 1);
    shape.push_back(dim);
  }
  return shape;
}

template <class T, class Values>
std::string bytes_of(const Values& values) {
  std::string bytes;
  bytes.reserve(static_cast<size_t>(values.size()) * sizeof(T));
  for (const auto value : values) {
    const T element = static_cast<T>(value);
    bytes.append(reinterpret_cast<const char*>(&element), sizeof(T));
  }
  return bytes;
}

/// Returns the elements as raw_data has them, from whichever field they stand in.
std::string raw_of(const onnx::TensorData& data, const Stored& kind) {
  if (data.has_raw_data()) return data.raw_data();
  switch (kind.number) {
    case 1:
      return bytes_of<float>(data.float_data());
    case 7:
      return bytes_of<int64_t>(data.int64_data());
    case 11:
      return bytes_of<double>(data.double_data());
    case 6:
      return bytes_of<int32_t>(data.int32_data());
    default:  // narrower ones stand in int32_data, one element each
      return kind.bytes == 2 ? bytes_of<uint16_t>(data.int32_data()) : bytes_of<uint8_t>(data.int32_data());
  }
}

Tensor tensor_of(const std::string& file, const onnx::TensorData& data, Device device) {
  require<DataError>(data.data_location() == 0, "{}: need weights in the file itself, got '{}' in a file beside it",
                     file, Shown{data.name()});
  const auto kind = std::ranges::find(stored, data.data_type(), &Stored::number);
  require<DataError>(kind != std::end(stored),
                     "{}: need f32, f64, f16, bf16, i32, i64, u8 or bool, got type {} of '{}'", file, data.data_type(),
                     Shown{data.name()});
  const Shape shape = shape_of(file, data);
  std::string raw = raw_of(data, *kind);
  require<DataError>(raw.size() == static_cast<size_t>(shape.numel()) * kind->bytes,
                     "{}: need {} bytes of '{}' {}, got {}", file, static_cast<size_t>(shape.numel()) * kind->bytes,
                     Shown{data.name()}, shape, raw.size());
  if (kind->number == half_number) {
    std::vector<float> values(static_cast<size_t>(shape.numel()));
    for (size_t i = 0; i < values.size(); ++i) {
      uint16_t half = 0;
      std::memcpy(&half, raw.data() + 2 * i, 2);
      values[i] = from_half(half);
    }
    return Tensor::from(values, shape, device);
  }
  if (kind->dtype == DType::boolean)
    for (char& byte : raw) byte = byte != 0;
  return Tensor::from_bytes({reinterpret_cast<const std::byte*>(raw.data()), raw.size()}, shape, kind->dtype, device);
}

}  // namespace

std::string described(const onnx::Node& node) {
  return fmt::format("{} '{}'", printable(node.op_type()), printable(node.name()));
}

ModelFile::ModelFile(const std::string& path, Device device) : path_(path), model_(std::make_unique<onnx::Model>()) {
  const std::string bytes = data::read_whole_file(path, most_bytes);
  require<DataError>(model_->ParseFromArray(bytes.data(), static_cast<int>(bytes.size())),
                     "{}: need a model in ONNX, got bytes that are another, cut short or damaged", path);
  require<DataError>(model_->ir_version() >= 3 && model_->has_graph(),
                     "{}: need a model in ONNX with a graph, got none", path);
  int64_t opset = 0;
  for (const onnx::OperatorSet& set : model_->opset_import())
    if (set.domain().empty() || set.domain() == "ai.onnx") opset = set.version();
  require<DataError>(opset >= 7, "{}: need an opset of ONNX from 7 on, got {}", path, opset);
  const auto keep = [&](const std::string& name, Tensor tensor) {
    require<DataError>(tensors_.emplace(name, std::move(tensor)).second, "{}: need each name once, got '{}' again",
                       path, Shown{name});
  };
  for (const onnx::TensorData& data : model_->graph().initializer()) keep(data.name(), tensor_of(path, data, device));
  for (const onnx::Node& node : model_->graph().node()) {
    if (node.output_size() != 1) continue;
    if (node.op_type() == "Identity" && node.input_size() == 1)
      if (const Tensor* const tensor = find(node.input(0))) keep(node.output(0), Tensor(*tensor));
    if (node.op_type() != "Constant") continue;
    for (const onnx::Attribute& attribute : node.attribute())
      if (attribute.name() == "value" && attribute.has_t())
        keep(node.output(0), tensor_of(path, attribute.t(), device));
  }
}

ModelFile::~ModelFile() = default;

const Tensor* ModelFile::find(const std::string& name) const {
  const auto found = tensors_.find(name);
  return found == tensors_.end() ? nullptr : &found->second;
}

}  // namespace grus::formats
