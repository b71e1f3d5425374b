#include "nn/quantize.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>

#include "core/base/half.h"
#include "core/device/kernels.h"

namespace grus::nn {
namespace {

bool is_smaller(float a, float b) { return std::fabs(a) < std::fabs(b); }

// Rounds as ggml does.
unsigned level_of(float x, float inverse) {
  const double shifted = std::trunc(static_cast<double>(x) * static_cast<double>(inverse) + 8.5);
  return static_cast<unsigned>(std::clamp(shifted, 0.0, 15.0));
}

// For levels l that follow from a first scale, sum (x - d l)^2 is smallest at d = sum x l / sum l^2, by (sum x l)^2 /
// sum l^2 less than sum x^2.
float best_q4_0_scale(std::span<const float, q4_0_block> x) {
  const float first = q4_0_scale(x);
  float best = first;
  double most = 0;
  for (int step = -10; step < 10; ++step) {
    const float inverse = first == 0 ? 0 : (1 + static_cast<float>(step) / 40) / first;
    double with_x = 0, with_itself = 0;
    for (const float one : x) {
      const double level = static_cast<double>(level_of(one, inverse)) - 8;
      with_x += level * static_cast<double>(one);
      with_itself += level * level;
    }
    if (with_x * with_x <= most * with_itself) continue;
    most = with_x * with_x / with_itself;
    best = static_cast<float>(with_x / with_itself);
  }
  return from_half(to_half(best));
}

}  // namespace

const char* name_of(WeightForm form) {
  constexpr const char* names[] = {"f32", "bf16", "int8", "q4_0"};
  return names[static_cast<size_t>(form)];
}

bool is_matrix(const Shape& shape) {
  return shape.rank() >= 2 && shape.numel() > 0 && is_worth_int8(shape[0], shape.numel() / shape[0]);
}

Int8Rows to_int8(std::span<const float> x, int64_t rows) {
  Int8Rows result;
  result.numbers.reserve(x.size());
  const size_t count = rows == 0 ? 0 : x.size() / static_cast<size_t>(rows);
  for (int64_t row = 0; row < rows; ++row) {
    const std::span<const float> numbers = x.subspan(static_cast<size_t>(row) * count, count);
    const float largest = std::fabs(*std::ranges::max_element(numbers, is_smaller));
    const bool none = largest < 0x1p-119f;  // 127 / largest might not be finite
    result.scales.push_back(none ? 0 : largest / 127);
    const float inverse = none ? 0 : 127 / largest;
    for (const float one : numbers) result.numbers.push_back(static_cast<int8_t>(std::nearbyint(one * inverse)));
  }
  return result;
}

std::vector<float> from_int8(std::span<const int8_t> numbers, std::span<const float> scales) {
  std::vector<float> x;
  x.reserve(numbers.size());
  const size_t count = scales.empty() ? 0 : numbers.size() / scales.size();
  for (size_t i = 0; i < numbers.size(); ++i) x.push_back(scales[i / count] * static_cast<float>(numbers[i]));
  return x;
}

float q4_0_scale(std::span<const float, q4_0_block> x) { return *std::ranges::max_element(x, is_smaller) / -8; }

void append_q4_0(std::span<const float, q4_0_block> x, float d, std::string& to) {
  const float inverse = d == 0 ? 0 : 1 / d;
  const uint16_t half = to_half(d);
  to.append(reinterpret_cast<const char*>(&half), sizeof half);
  for (size_t i = 0; i < q4_0_block / 2; ++i)
    to += static_cast<char>(level_of(x[i], inverse) | level_of(x[i + q4_0_block / 2], inverse) << 4);
}

std::string to_q4_0(std::span<const float> x, int64_t rows) {
  std::string bytes;
  const size_t count = rows == 0 ? 0 : x.size() / static_cast<size_t>(rows);
  bytes.reserve(static_cast<size_t>(rows * q4_0_row_bytes(static_cast<int64_t>(count))));
  for (size_t begin = 0; begin < x.size(); begin += count)
    for (size_t from = 0; from < count; from += q4_0_block) {
      float block[q4_0_block] = {};
      std::ranges::copy(x.subspan(begin + from, std::min<size_t>(q4_0_block, count - from)), block);
      append_q4_0(block, best_q4_0_scale(block), bytes);
    }
  return bytes;
}

std::vector<float> from_q4_0(std::span<const std::byte> bytes, int64_t rows, int64_t count) {
  std::vector<float> x(static_cast<size_t>(rows * count));
  const std::byte* block = bytes.data();
  for (int64_t row = 0; row < rows; ++row)
    for (int64_t from = 0; from < count; from += q4_0_block, block += q4_0_bytes) {
      uint16_t half = 0;
      std::memcpy(&half, block, sizeof half);
      const float d = from_half(half);
      for (int64_t i = 0; i < std::min(q4_0_block, count - from); ++i) {
        const auto pair = std::to_integer<int>(block[2 + i % (q4_0_block / 2)]);
        const int level = i < q4_0_block / 2 ? pair & 15 : pair >> 4;
        x[static_cast<size_t>(row * count + from + i)] = d * static_cast<float>(level - 8);
      }
    }
  return x;
}

}  // namespace grus::nn
