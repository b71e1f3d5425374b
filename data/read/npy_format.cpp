#include "data/read/npy_format.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <optional>

#include "core/base/half.h"
#include "core/base/printable.h"
#include "data/read/little_endian.h"

namespace grus::data {
namespace {

constexpr std::string_view magic = "\x93NUMPY";
constexpr uint32_t most_header_bytes = 1u << 16;

// Elements of a file, what they become and how.
struct Kind {
  std::string_view descr;
  size_t bytes;
  DType dtype;
  Tensor (*widen)(std::string_view bytes, const Shape& shape, Device device);  // none: the bytes are taken as they are
};

template <class From, class To>
constexpr To convert(From x) {
  return x;
}
template <>
constexpr float convert(uint16_t half) {
  return from_half(half);
}

template <class From, class To>
Tensor widen(std::string_view bytes, const Shape& shape, Device device) {
  std::vector<To> values(bytes.size() / sizeof(From));
  for (size_t i = 0; i < values.size(); ++i) values[i] = convert<From, To>(number_at<From>(bytes, i * sizeof(From)));
  return Tensor::from(values, shape, device);
}

constexpr Kind kinds[] = {{"<f2", 2, DType::f32, widen<uint16_t, float>},
                          {"<f4", 4, DType::f32, nullptr},
                          {"<f8", 8, DType::f64, nullptr},
                          {"|i1", 1, DType::i32, widen<int8_t, int32_t>},
                          {"<i2", 2, DType::i32, widen<int16_t, int32_t>},
                          {"<i4", 4, DType::i32, nullptr},
                          {"<i8", 8, DType::i64, nullptr},
                          {"|u1", 1, DType::u8, nullptr},
                          {"<u2", 2, DType::i32, widen<uint16_t, int32_t>},
                          {"<u4", 4, DType::i64, widen<uint32_t, int64_t>},
                          {"|b1", 1, DType::boolean, nullptr}};

const Kind& kind_of(const std::string& descr, const std::string& file) {
  std::string names;
  for (const Kind& kind : kinds) {
    if (kind.descr == descr) return kind;
    names += fmt::format("{}{}", names.empty() ? "" : " ", kind.descr);
  }
  fail<DataError>("{}: need elements that a tensor holds exactly ({}), got dtype '{}'", file, names, Shown{descr});
}

// Returns elements that stand with the first axis fastest in the order with the last axis fastest.
std::string to_c_order(const std::string& bytes, const Shape& shape, size_t element) {
  std::string ordered(bytes.size(), '\0');
  std::array<int64_t, max_rank> index{}, stride{};
  for (int64_t axis = 0, step = 1; axis < shape.rank(); step *= shape[static_cast<int>(axis++)])
    stride[static_cast<size_t>(axis)] = step;
  for (size_t to = 0; to < bytes.size(); to += element) {
    size_t from = 0;
    for (size_t axis = 0; axis < static_cast<size_t>(shape.rank()); ++axis)
      from += static_cast<size_t>(index[axis] * stride[axis]);
    std::memcpy(ordered.data() + to, bytes.data() + from * element, element);
    for (int axis = shape.rank() - 1; axis >= 0 && ++index[static_cast<size_t>(axis)] == shape[axis]; --axis)
      index[static_cast<size_t>(axis)] = 0;
  }
  return ordered;
}

uint64_t bytes_of(const NpyHeader& header, const Kind& kind, uint64_t most, const std::string& file) {
  std::optional<uint64_t> bytes;
  try {
    // Elements in memory are no narrower than those of the file, so both counts fit.
    if (header.shape.bytes(size_of(kind.dtype)) <= most * 4) bytes = header.shape.bytes(kind.bytes);
  } catch (const ShapeError&) {
  }
  require<DataError>(bytes && *bytes <= most, "{}: need at most {} bytes of elements, got a {} array of shape {}", file,
                     most, kind.descr, header.shape);
  return *bytes;
}

}  // namespace

NpyHeader read_npy_header(ByteSource& source) {
  const std::string start = source.take(8, "an .npy file's beginning");
  require<DataError>(start.starts_with(magic), "{}: need an .npy file, which begins with '\\x93NUMPY', got '{}'",
                     source.name(), Shown{start});
  const auto version = static_cast<unsigned char>(start[6]);
  require<DataError>(version >= 1 && version <= 3, "{}: need format version 1, 2 or 3, got {}.{}", source.name(),
                     version, static_cast<unsigned char>(start[7]));
  const uint32_t length = version == 1 ? number_at<uint16_t>(source.take(2, "the header's length"), 0)
                                       : number_at<uint32_t>(source.take(4, "the header's length"), 0);
  require<DataError>(length <= most_header_bytes, "{}: need a header of at most {} bytes, got {}", source.name(),
                     most_header_bytes, length);
  return parse_npy_header(source.take(length, "the header"), source.name());
}

uint64_t npy_bytes(const NpyHeader& header, uint64_t most, const std::string& file) {
  return bytes_of(header, kind_of(header.descr, file), most, file);
}

Tensor npy_elements(std::string_view bytes, const std::string& descr, const Shape& shape, Device device,
                    const std::string& file) {
  const Kind& kind = kind_of(descr, file);
  const bool valid =
      kind.dtype != DType::boolean || std::all_of(bytes.begin(), bytes.end(), [](char b) { return b == 0 || b == 1; });
  require<DataError>(valid, "{}: need bytes of 0 or 1 for |b1, got others", file);
  if (kind.widen != nullptr) return kind.widen(bytes, shape, device);
  return Tensor::from_bytes(std::as_bytes(std::span(bytes)), shape, kind.dtype, device);
}

Tensor decode_npy(ByteSource& source, uint64_t most, Device device) {
  const NpyHeader header = read_npy_header(source);
  const Kind& kind = kind_of(header.descr, source.name());
  std::string bytes = source.take(bytes_of(header, kind, most, source.name()), "elements");
  char more = 0;
  require<DataError>(source.read(&more, 1) == 0, "{}: need nothing behind the {} array of shape {}, got more bytes",
                     source.name(), kind.descr, header.shape);
  if (header.fortran && header.shape.rank() > 1) bytes = to_c_order(bytes, header.shape, kind.bytes);
  return npy_elements(bytes, header.descr, header.shape, device, source.name());
}

std::string npy_header(const Tensor& x) {
  const auto* kind = std::find_if(std::begin(kinds), std::end(kinds),
                                  [&x](const Kind& kind) { return kind.dtype == x.dtype() && kind.widen == nullptr; });
  std::string shape;
  for (const int64_t size : x.shape()) shape += fmt::format("{}, ", size);
  if (x.rank() > 1) shape.resize(shape.size() - 2);
  std::string text = fmt::format("{{'descr': '{}', 'fortran_order': False, 'shape': ({}), }}", kind->descr, shape);
  const size_t before = magic.size() + 4;
  text.append(63 - (before + text.size()) % 64, ' ');
  text.push_back('\n');
  std::string bytes(magic);
  append_numbers(bytes, uint8_t{1}, uint8_t{0}, static_cast<uint16_t>(text.size()));
  return bytes + text;
}

}  // namespace grus::data
