#include <fmt/format.h>

#include <set>

#include "core/base/error.h"
#include "data/read/little_endian.h"
#include "data/read/text.h"
#include "data/read/zip.h"
#include "formats/torch_file.h"

namespace grus::formats {
namespace {

const char* storage_of(DType dtype) {
  switch (dtype) {
    case DType::f32:
      return "FloatStorage";
    case DType::f64:
      return "DoubleStorage";
    case DType::i32:
      return "IntStorage";
    case DType::i64:
      return "LongStorage";
    case DType::boolean:
      return "BoolStorage";
    case DType::u8:
      return "ByteStorage";
    case DType::bf16:
      return "BFloat16Storage";
    case DType::f16:
      return "HalfStorage";
  }
  return "?";
}

// Opcodes of protocol 2.
std::string text(std::string_view value) {
  std::string bytes = "X";
  data::append_numbers(bytes, static_cast<uint32_t>(value.size()));
  return bytes + std::string(value);
}
std::string integer(int64_t value) {
  std::string bytes = "\x8a\x08";
  data::append_numbers(bytes, value);
  return bytes;
}
std::string tuple(const std::vector<int64_t>& values) {
  std::string bytes = "(";
  for (const int64_t value : values) bytes += integer(value);
  return bytes + "t";
}

// Says _rebuild_tensor_v2(storage, offset, size, stride, requires_grad, hooks) of a storage of its own.
std::string tensor_call(const Tensor& x, const std::string& key) {
  const Shape& shape = x.shape();
  std::vector<int64_t> strides(static_cast<size_t>(shape.rank()));
  int64_t stride = 1;
  for (int axis = shape.rank(); axis-- > 0; stride *= shape[axis]) strides[static_cast<size_t>(axis)] = stride;
  const std::string storage = "(" + text("storage") + "ctorch\n" + storage_of(x.dtype()) + "\n" + text(key) +
                              text("cpu") + integer(shape.numel()) + "tQ";
  return "ctorch._utils\n_rebuild_tensor_v2\n(" + storage + integer(0) + tuple({shape.begin(), shape.end()}) +
         tuple(strides) +
         "\x89"
         "ccollections\nOrderedDict\n)RtR";
}

}  // namespace

void write_torch(const std::filesystem::path& path, const nn::NamedTensors& tensors) {
  std::string pickle =
      "\x80\x02"
      "ccollections\nOrderedDict\n)R(";
  std::set<std::string_view> names;
  for (size_t i = 0; i < tensors.size(); ++i) {
    const std::string& name = tensors[i].name;
    require<UsageError>(names.insert(name).second, "[write_torch] need each name once, got '{}' again", name);
    require<UsageError>(data::find_invalid_utf8(name) == std::string::npos,
                        "[write_torch] need names in UTF-8, got other bytes");
    pickle += text(name) + tensor_call(tensors[i].tensor, fmt::to_string(i));
  }
  data::ZipWriter zip(path.string());
  zip.add("archive/data.pkl", pickle + "u.", false);
  zip.add("archive/byteorder", "little", false);
  for (size_t i = 0; i < tensors.size(); ++i) {
    const std::vector<std::byte> bytes = tensors[i].tensor.to_bytes();
    zip.add(fmt::format("archive/data/{}", i), {reinterpret_cast<const char*>(bytes.data()), bytes.size()}, false);
  }
  zip.add("archive/version", "3\n", false);
  zip.commit();
}

}  // namespace grus::formats
