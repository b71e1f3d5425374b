#pragma once
// A safetensors file is a u64 length, a header of that many bytes, JSON {name: {dtype, shape, data_offsets}}, and the
// elements.
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/dtype.h"
#include "core/base/shape.h"

namespace grus::nn {

enum class Stored { f32, f64, i32, i64, boolean, u8, i8, f16, bf16 };
size_t size_of(Stored stored);
const char* name_of(Stored stored);
/// Returns the type of a tensor that has these elements; the bytes of i8 lie in one of u8.
DType dtype_of_stored(Stored stored);
Stored stored_type(DType dtype);

struct TensorEntry {
  std::string name;
  Stored stored;
  Shape shape;
  uint64_t begin, end;  // in bytes from the end of the header
};

struct SafetensorsHeader {
  std::vector<TensorEntry> entries;  // in the order of their bytes, which they cover without gap or overlap
  std::map<std::string, std::string> metadata;
};

/// Reads a header. Throws DataError, naming `file`, unless every entry is valid and all cover exactly data_bytes.
SafetensorsHeader parse_safetensors_header(const std::string& file, std::string_view text, uint64_t data_bytes);

}  // namespace grus::nn
