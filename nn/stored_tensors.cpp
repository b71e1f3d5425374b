#include "nn/stored_tensors.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstring>

#include "core/base/printable.h"
#include "ops/math/elementwise.h"

namespace grus::nn {
namespace {

constexpr std::string_view q4_0_key = "grus.q4_0:";
constexpr float too_large_for_half = 65520;

std::string scale_name(const std::string& name) { return name + "_scale"; }

template <class T>
std::vector<std::byte> bytes_of(const T& values) {
  const auto bytes = std::as_bytes(std::span(values));
  return {bytes.begin(), bytes.end()};
}

std::vector<float> finite_numbers(const NamedTensor& entry, WeightForm form) {
  std::vector<float> x = entry.tensor.to_vector<float>();
  const float most = form == WeightForm::q4_0 ? 8 * too_large_for_half : HUGE_VALF;
  const auto bad = std::ranges::find_if(x, [&](float one) { return !(std::fabs(one) < most); });
  require<UsageError>(bad == x.end(), "[write_safetensors] need {} for '{}' as {}, got {}",
                      form == WeightForm::q4_0 ? "numbers below 524160" : "finite numbers", Shown{entry.name},
                      name_of(form), bad == x.end() ? 0.0f : *bad);
  return x;
}

void add_int8(const NamedTensor& entry, std::vector<StoredTensor>& to) {
  const int64_t rows = entry.tensor.dim(0);
  const auto quantized = [entry, rows] { return to_int8(finite_numbers(entry, WeightForm::int8), rows); };
  to.push_back({entry.name, Stored::i8, entry.tensor.shape(), [=] { return bytes_of(quantized().numbers); }});
  to.push_back({scale_name(entry.name), Stored::f32, Shape{rows}, [=] { return bytes_of(quantized().scales); }});
}

void add_q4_0(const NamedTensor& entry, std::vector<StoredTensor>& to, std::map<std::string, std::string>& metadata) {
  const Shape& shape = entry.tensor.shape();
  const int64_t rows = shape[0];
  metadata.emplace(std::string(q4_0_key) + entry.name, fmt::format("{}", fmt::join(shape.begin(), shape.end(), ",")));
  to.push_back({entry.name, Stored::u8, Shape{rows, q4_0_row_bytes(shape.numel() / rows)},
                [=] { return bytes_of(to_q4_0(finite_numbers(entry, WeightForm::q4_0), rows)); }});
}

size_t place_of(const NamedTensors& tensors, const std::string& name) {
  const auto at = std::ranges::find(tensors, name, &NamedTensor::name);
  return static_cast<size_t>(at - tensors.begin());
}

// Returns the index of the scales.
size_t widen_int8(const std::string& file, NamedTensors& tensors, NamedTensor& matrix) {
  const Shape shape = matrix.tensor.shape();
  const int64_t rows = shape.rank() == 0 ? 0 : shape[0];
  const size_t at = place_of(tensors, scale_name(matrix.name));
  require<DataError>(at < tensors.size(), "{}: need '{}' F32 ({}) beside the I8 '{}', got none", file,
                     Shown{scale_name(matrix.name)}, rows, Shown{matrix.name});
  const Tensor& scale = tensors[at].tensor;
  require<DataError>(scale.dtype() == DType::f32 && rows > 0 && scale.numel() == rows && scale.dim(0) == rows,
                     "{}: need '{}' F32 ({}) beside the I8 '{}' {}, got {} {}", file, Shown{tensors[at].name}, rows,
                     Shown{matrix.name}, shape, scale.dtype(), scale.shape());
  const std::vector<float> scales = scale.to_vector<float>();
  require<DataError>(std::ranges::all_of(scales, [](float d) { return std::isfinite(d); }),
                     "{}: need finite scales in '{}', got others", file, Shown{tensors[at].name});
  const std::vector<std::byte> bytes = matrix.tensor.to_bytes();
  std::vector<int8_t> numbers(bytes.size());
  std::ranges::transform(bytes, numbers.begin(), [](std::byte b) { return static_cast<int8_t>(b); });
  matrix.tensor = Tensor::from(from_int8(numbers, scales), shape, matrix.tensor.device());
  return at;
}

// Returns the shape that metadata name for a matrix of so many bytes; without axes where they name none that is right.
Shape q4_0_shape(const std::string& text, const Shape& stored) {
  Shape shape;
  int64_t count = 1;
  const char* at = text.data();
  const char* const end = at + text.size();
  for (; shape.rank() < max_rank; ++at) {
    int64_t size = 0;
    const auto [next, error] = std::from_chars(at, end, size);
    if (error != std::errc() || size <= 0 || size > stored.numel() * 2 / count) return {};
    shape.push_back(size);
    count *= size;
    at = next;
    if (at == end) break;
    if (*at != ',') return {};
  }
  const bool right =
      at == end && stored.rank() == 2 && stored[0] == shape[0] && stored[1] == q4_0_row_bytes(count / shape[0]);
  return right ? shape : Shape();
}

void widen_q4_0(const std::string& file, const std::string& text, NamedTensor& matrix) {
  const Tensor stored = matrix.tensor;
  const Shape shape = stored.dtype() == DType::u8 ? q4_0_shape(text, stored.shape()) : Shape();
  require<DataError>(shape.rank() > 0, "{}: need U8 (rows, bytes of a row) for '{}' of {} in q4_0, got {} {}", file,
                     Shown{matrix.name}, Shown{text}, stored.dtype(), stored.shape());
  const std::vector<float> x = from_q4_0(stored.to_bytes(), shape[0], shape.numel() / shape[0]);
  require<DataError>(std::ranges::all_of(x, [](float one) { return std::isfinite(one); }),
                     "{}: need finite scales in '{}', got others", file, Shown{matrix.name});
  matrix.tensor = Tensor::from(x, shape, stored.device());
}

}  // namespace

std::vector<StoredTensor> stored_as(WeightForm form, const NamedTensors& tensors,
                                    std::map<std::string, std::string>& metadata) {
  std::vector<StoredTensor> stored;
  for (const NamedTensor& entry : tensors) {
    const bool single = entry.tensor.dtype() == DType::f32, matrix = single && is_matrix(entry.tensor.shape());
    if (matrix && form == WeightForm::int8) {
      add_int8(entry, stored);
    } else if (matrix && form == WeightForm::q4_0) {
      add_q4_0(entry, stored, metadata);
    } else {
      const bool half = form == WeightForm::q4_0 ? single : matrix && form == WeightForm::bf16;
      const Tensor kept = half ? cast(entry.tensor, DType::bf16) : entry.tensor;
      stored.push_back({entry.name, stored_type(kept.dtype()), kept.shape(), [kept] { return kept.to_bytes(); }});
    }
  }
  return stored;
}

WeightForm widen_quantized(const std::string& file, const std::vector<TensorEntry>& entries, NamedTensors& tensors,
                           std::map<std::string, std::string>& metadata) {
  WeightForm form = WeightForm::f32;
  std::vector<size_t> scales;
  for (size_t i = 0; i < entries.size(); ++i) {
    if (entries[i].stored != Stored::i8) continue;
    scales.push_back(widen_int8(file, tensors, tensors[i]));
    form = WeightForm::int8;
  }
  std::erase_if(metadata, [&](const auto& entry) {
    if (!entry.first.starts_with(q4_0_key)) return false;
    const std::string name = entry.first.substr(q4_0_key.size());
    const size_t at = place_of(tensors, name);
    require<DataError>(at < tensors.size(), "{}: need a tensor '{}', as the metadata name it, got none", file,
                       Shown{name});
    widen_q4_0(file, entry.second, tensors[at]);
    form = WeightForm::q4_0;
    return true;
  });
  std::ranges::sort(scales, std::greater());
  scales.erase(std::unique(scales.begin(), scales.end()), scales.end());
  for (const size_t at : scales) tensors.erase(tensors.begin() + static_cast<std::ptrdiff_t>(at));
  return form;
}

WeightForm form_of(const SafetensorsHeader& header) {
  const auto is_q4_0 = [](const auto& entry) { return entry.first.starts_with(q4_0_key); };
  if (std::ranges::any_of(header.metadata, is_q4_0)) return WeightForm::q4_0;
  const auto stored_as = [&](Stored type) {
    return std::ranges::find(header.entries, type, &TensorEntry::stored) != header.entries.end();
  };
  return stored_as(Stored::i8) ? WeightForm::int8 : stored_as(Stored::bf16) ? WeightForm::bf16 : WeightForm::f32;
}

}  // namespace grus::nn
