#include "nn/safetensors_header.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "core/base/json.h"
#include "core/base/printable.h"

namespace grus::nn {

namespace {

using json::Json;

struct DtypeName {
  const char* name;
  Stored stored;
  DType dtype;  // of the tensor; U8, before I8, is what a tensor of u8 becomes
};
constexpr DtypeName dtype_names[] = {{"F32", Stored::f32, DType::f32},
                                     {"F64", Stored::f64, DType::f64},
                                     {"I32", Stored::i32, DType::i32},
                                     {"I64", Stored::i64, DType::i64},
                                     {"BOOL", Stored::boolean, DType::boolean},
                                     {"F16", Stored::f16, DType::f16},
                                     {"BF16", Stored::bf16, DType::bf16},
                                     {"U8", Stored::u8, DType::u8},
                                     {"I8", Stored::i8, DType::u8}};

uint64_t count_of(const std::string& file, const std::string& name, const Json& value) {
  require<DataError>(value.is_number_unsigned(), "{}: need whole numbers in the entry of '{}', got {}", file, name,
                     json::Shown{value});
  return value.get<uint64_t>();
}

Shape parse_shape(const std::string& file, const std::string& name, const Json& dims) {
  require<DataError>(dims.is_array() && dims.size() <= static_cast<size_t>(max_rank),
                     "{}: need a shape of at most {} axes for '{}', got {}", file, max_rank, Shown{name},
                     json::Shown{dims});
  Shape shape;
  uint64_t elements = 1;
  for (const Json& dim : dims) {
    const uint64_t size = count_of(file, name, dim);
    constexpr uint64_t most = std::numeric_limits<int64_t>::max() / 8;
    require<DataError>(size <= most && (size == 0 || elements <= most / size),
                       "{}: need a shape that fits in memory for '{}', got {}", file, Shown{name}, json::Shown{dims});
    elements *= size;
    shape.push_back(static_cast<int64_t>(size));
  }
  return shape;
}

TensorEntry parse_entry(const std::string& file, const std::string& name, const Json& entry) {
  require<DataError>(
      entry.is_object() && entry.contains("dtype") && entry.contains("shape") && entry.contains("data_offsets"),
      "{}: need dtype, shape and data_offsets for '{}', got {}", file, Shown{name}, json::Shown{entry});
  const Json& dtype = entry["dtype"];
  const auto* known = std::find_if(std::begin(dtype_names), std::end(dtype_names), [&](const DtypeName& d) {
    return dtype.is_string() && dtype.get<std::string>() == d.name;
  });
  require<DataError>(known != std::end(dtype_names),
                     "{}: need F32, F64, I32, I64, BOOL, F16, BF16, U8 or I8 for '{}', got {}", file, Shown{name},
                     json::Shown{dtype});
  const Json& offsets = entry["data_offsets"];
  require<DataError>(offsets.is_array() && offsets.size() == 2, "{}: need two data_offsets for '{}', got {}", file,
                     Shown{name}, json::Shown{offsets});
  TensorEntry parsed{name, known->stored, parse_shape(file, name, entry["shape"]), count_of(file, name, offsets[0]),
                     count_of(file, name, offsets[1])};
  const uint64_t bytes = static_cast<uint64_t>(parsed.shape.numel()) * grus::size_of(known->dtype);
  require<DataError>(parsed.begin <= parsed.end && parsed.end - parsed.begin == bytes,
                     "{}: need {} bytes for '{}' {} {}, got data_offsets {}", file, bytes, Shown{name}, known->name,
                     parsed.shape, json::Shown{offsets});
  return parsed;
}

}  // namespace

const char* name_of(Stored stored) { return std::ranges::find(dtype_names, stored, &DtypeName::stored)->name; }
DType dtype_of_stored(Stored stored) { return std::ranges::find(dtype_names, stored, &DtypeName::stored)->dtype; }
Stored stored_type(DType dtype) { return std::ranges::find(dtype_names, dtype, &DtypeName::dtype)->stored; }
size_t size_of(Stored stored) { return grus::size_of(dtype_of_stored(stored)); }

SafetensorsHeader parse_safetensors_header(const std::string& file, std::string_view text, uint64_t data_bytes) {
  constexpr size_t deepest = 3;
  const Json root = json::parse(text, file, deepest);
  require<DataError>(root.is_object(), "{}: need a safetensors header (a JSON object), got {}", file,
                     json::Shown{root});
  SafetensorsHeader header;
  for (const auto& [name, entry] : root.items()) {
    if (name != "__metadata__") {
      header.entries.push_back(parse_entry(file, name, entry));
      continue;
    }
    require<DataError>(entry.is_object(), "{}: need an object as __metadata__, got {}", file, entry.type_name());
    for (const auto& [key, value] : entry.items()) {
      require<DataError>(value.is_string(), "{}: need strings in __metadata__, got {} for '{}'", file,
                         value.type_name(), Shown{key});
      header.metadata[key] = value.get<std::string>();
    }
  }
  std::sort(header.entries.begin(), header.entries.end(), [](const TensorEntry& a, const TensorEntry& b) {
    return std::pair(a.begin, a.end) < std::pair(b.begin, b.end);
  });
  uint64_t next = 0;
  for (const TensorEntry& entry : header.entries) {
    require<DataError>(entry.begin == next,
                       "{}: need the tensors side by side, got '{}' at byte {} of the data where {} was due", file,
                       Shown{entry.name}, entry.begin, next);
    next = entry.end;
  }
  require<DataError>(next == data_bytes, "{}: need {} bytes of data, got {}: the file is truncated or damaged", file,
                     next, data_bytes);
  return header;
}

}  // namespace grus::nn
