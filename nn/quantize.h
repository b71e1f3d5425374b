#pragma once
// Numbers of 8 and 4 bits, as files hold matrices of a model. A row is what belongs to one index of the first axis: the
// weights of an output channel, the vector of a word.
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "core/base/shape.h"

namespace grus::nn {

/// How a file holds matrices. Vectors and tiny matrices (is_worth_int8 of core/device/kernels.h; so biases, norms and
/// scores) stay f32, beside q4_0 they are bf16; what was no f32 stays as it is.
///   int8  x = d q, q in [-127, 127], d = max |x| / 127 of each row      8 bits a number, 32 a row
///   q4_0  x = d (q - 8), q in [0, 15], d for each 32 numbers of a row   4.5 bits a number; ggml's blocks
enum class WeightForm { f32, bf16, int8, q4_0 };
const char* name_of(WeightForm form);
/// Tells whether matrices were rounded so that no training should begin from them.
constexpr bool is_quantized(WeightForm form) { return form == WeightForm::int8 || form == WeightForm::q4_0; }
/// Tells whether a tensor of this shape is held in the form.
bool is_matrix(const Shape& shape);

struct Int8Rows {
  std::vector<int8_t> numbers;
  std::vector<float> scales;  // d of each row
};
/// Rounds finite numbers as products of Precision::int8 do, ties to even.
Int8Rows to_int8(std::span<const float> x, int64_t rows);
std::vector<float> from_int8(std::span<const int8_t> numbers, std::span<const float> scales);

inline constexpr int64_t q4_0_block = 32, q4_0_bytes = 18;  // numbers of a block, and the bytes that it takes
/// Returns the bytes that a row of so many numbers takes; its last block may have fewer.
constexpr int64_t q4_0_row_bytes(int64_t numbers) { return (numbers + q4_0_block - 1) / q4_0_block * q4_0_bytes; }
/// Appends a block of 32 numbers: d in 16 bits, then byte i has number i in its low and number i + 16 in its high half.
/// |d| must be below 65520.
void append_q4_0(std::span<const float, q4_0_block> x, float d, std::string& to);
/// Returns d = -x_m / 8 with the largest |x_m|, as ggml takes it.
float q4_0_scale(std::span<const float, q4_0_block> x);
/// Returns blocks whose d is the best in the sum of squares of 20 around that of ggml, which takes off a fifth of the
/// squared error.
std::string to_q4_0(std::span<const float> x, int64_t rows);
/// Returns the numbers of `rows` rows of `count` numbers each.
std::vector<float> from_q4_0(std::span<const std::byte> bytes, int64_t rows, int64_t count);

}  // namespace grus::nn
