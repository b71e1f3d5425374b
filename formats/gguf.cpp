#include "formats/gguf.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <set>
#include <span>

#include "core/base/atomic_file.h"
#include "core/base/error.h"
#include "core/base/printable.h"
#include "data/read/little_endian.h"
#include "nn/quantize.h"
#include "ops/math/elementwise.h"

namespace grus::formats {
namespace {

constexpr uint32_t gguf_version = 3;
constexpr size_t gguf_alignment = 32, block_size = nn::q4_0_block;
constexpr uint32_t gguf_u32 = 4, gguf_string = 8;  // of metadata

/// ggml's numbers of types.
enum class Ggml : uint32_t { f32 = 0, f16 = 1, q4_0 = 2, q8_0 = 8, i32 = 26, i64 = 27 };

std::string gguf_text(std::string_view value) {
  std::string bytes;
  data::append_numbers(bytes, static_cast<uint64_t>(value.size()));
  return bytes + std::string(value);
}
std::string gguf_entry(std::string_view key, std::string_view value) {
  std::string bytes = gguf_text(key);
  data::append_numbers(bytes, gguf_string);
  return bytes + gguf_text(value);
}
std::string gguf_entry(std::string_view key, uint32_t value) {
  std::string bytes = gguf_text(key);
  data::append_numbers(bytes, gguf_u32, value);
  return bytes;
}

class GgufTensor {
 public:
  GgufTensor(const nn::NamedTensor& from, GgufType wanted) : name_(from.name), x_(from.tensor) {
    require<UsageError>(name_.size() < 64, "[write_gguf] need names of fewer than 64 bytes, got '{}'", Shown{name_});
    require<UsageError>(x_.rank() <= 4, "[write_gguf] need at most 4 axes of '{}', got {}", Shown{name_}, x_.shape());
    if (x_.dtype() == DType::i32 || x_.dtype() == DType::i64) {
      type = x_.dtype() == DType::i32 ? Ggml::i32 : Ggml::i64;
      return;
    }
    require<UsageError>(is_float(x_.dtype()) || is_narrow_float(x_.dtype()),
                        "[write_gguf] need '{}' in floats, i32 or i64, got {}", Shown{name_}, x_.dtype());
    x_ = cast(x_.detach(), DType::f32);
    const bool rows = x_.rank() >= 2 && x_.numel() > 0 && x_.dim(-1) % static_cast<int64_t>(block_size) == 0;
    type = x_.rank() >= 2 && wanted == GgufType::f16 ? Ggml::f16
           : rows && wanted == GgufType::q8_0        ? Ggml::q8_0
           : rows && wanted == GgufType::q4_0        ? Ggml::q4_0
                                                     : Ggml::f32;
  }

  std::string about(uint64_t offset) const {
    std::string bytes = gguf_text(name_);
    const auto axes = static_cast<uint32_t>(std::max(x_.rank(), 1));
    data::append_numbers(bytes, axes);
    for (int axis = x_.rank(); axis-- > 0;) data::append_numbers(bytes, static_cast<uint64_t>(x_.dim(axis)));
    if (x_.rank() == 0) data::append_numbers(bytes, uint64_t{1});
    data::append_numbers(bytes, static_cast<uint32_t>(type), offset);
    return bytes;
  }

  uint64_t size() const {
    const auto count = static_cast<uint64_t>(x_.numel());
    if (type == Ggml::f16) return 2 * count;
    if (type == Ggml::q8_0) return count / block_size * (2 + block_size);
    if (type == Ggml::q4_0) return count / block_size * (2 + block_size / 2);
    return count * (type == Ggml::i64 ? 8 : 4);
  }

  std::string bytes() const {
    const std::vector<std::byte> plain = x_.to_bytes();
    std::string stored;
    if (type == Ggml::f32 || type == Ggml::i32 || type == Ggml::i64)
      return stored.assign(reinterpret_cast<const char*>(plain.data()), plain.size());
    const std::vector<float> values = x_.to_vector<float>();
    stored.reserve(size());
    if (type == Ggml::f16) {
      for (const float value : values) append_half(stored, value);
      return stored;
    }
    for (size_t i = 0; i < values.size(); i += block_size) append_block(stored, &values[i]);
    return stored;
  }

  Ggml type = Ggml::f32;

 private:
  void require_half(float value) const {
    require<UsageError>(!std::isfinite(value) || std::fabs(value) < 65520,
                        "[write_gguf] need numbers of at most 65504 in '{}', got {}", Shown{name_}, value);
  }
  void append_half(std::string& to, float value) const {
    require_half(value);
    data::append_numbers(to, to_half(value));
  }

  // Steps and roundings are those of ggml's own quantization, so that the bytes are equal.
  void append_block(std::string& to, const float* x) const {
    const float largest =
        *std::max_element(x, x + block_size, [](float a, float b) { return std::fabs(a) < std::fabs(b); });
    require<UsageError>(std::all_of(x, x + block_size, [](float one) { return std::isfinite(one); }),
                        "[write_gguf] need finite numbers in '{}', got others", Shown{name_});
    if (type == Ggml::q4_0) {
      const std::span<const float, block_size> block(x, block_size);
      require_half(nn::q4_0_scale(block));
      return nn::append_q4_0(block, nn::q4_0_scale(block), to);
    }
    const float d = std::fabs(largest) / 127, inverse = d == 0 ? 0 : 1 / d;
    append_half(to, d);
    for (size_t i = 0; i < block_size; ++i) to += static_cast<char>(static_cast<int8_t>(std::round(x[i] * inverse)));
  }

  std::string name_;
  Tensor x_;
};

uint64_t gguf_padded(uint64_t size) { return (size + gguf_alignment - 1) / gguf_alignment * gguf_alignment; }

uint32_t gguf_file_type(GgufType type) {
  constexpr std::array<uint32_t, 4> numbers = {0, 1, 7, 2};  // llama.cpp's
  return numbers[static_cast<size_t>(type)];
}

}  // namespace

void write_gguf(const std::filesystem::path& path, const nn::TensorFile& content, GgufType type,
                std::string_view architecture) {
  std::vector<GgufTensor> tensors;
  std::set<std::string_view> names;
  for (const nn::NamedTensor& one : content.tensors) {
    require<UsageError>(names.insert(one.name).second, "[write_gguf] need each name once, got '{}' again",
                        Shown{one.name});
    tensors.emplace_back(one, type);
  }
  std::string bytes = "GGUF";
  data::append_numbers(bytes, gguf_version, static_cast<uint64_t>(tensors.size()),
                       static_cast<uint64_t>(content.metadata.size() + 4));
  bytes += gguf_entry("general.architecture", architecture) +
           gguf_entry("general.alignment", uint32_t{gguf_alignment}) +
           gguf_entry("general.file_type", gguf_file_type(type)) + gguf_entry("general.quantization_version", 2u);
  for (const auto& [key, value] : content.metadata) bytes += gguf_entry(key, value);
  uint64_t offset = 0;
  for (const GgufTensor& tensor : tensors) {
    bytes += tensor.about(offset);
    offset += gguf_padded(tensor.size());
  }
  bytes.resize(gguf_padded(bytes.size()));
  AtomicFile file(path);
  file.write(bytes);
  for (const GgufTensor& tensor : tensors) {
    std::string stored = tensor.bytes();
    stored.resize(gguf_padded(stored.size()));
    file.write(stored);
  }
  file.commit();
}

}  // namespace grus::formats
