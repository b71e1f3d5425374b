#pragma once
// GGUF, the files of ggml and llama.cpp (github.com/ggml-org/ggml/blob/master/docs/gguf.md, version 3), written.
// Sources: gguf.cpp.
#include <filesystem>
#include <string_view>

#include "nn/serialize.h"

namespace grus::formats {

/// How numbers are stored: as they are, or matrices in 16 bits, or in blocks of 32 of a row with one scale d (16 bits).
///   q8_0  x = d q,  q in [-127, 127],  d = max |x| / 127                       8.5 bits a number
///   q4_0  x = d (q - 8),  q in [0, 15],  d = -x_m / 8 with the largest |x_m|   4.5 bits a number
enum class GgufType { f32, f16, q8_0, q4_0 };

/// Writes tensors and metadata (texts), a file that appears whole or not at all. Blocks are for tensors of two axes and
/// more whose rows are multiples of 32 long; other floats are f32, and so are vectors under f16. Integers keep their
/// type. Throws UsageError for a name given twice or of 64 bytes and more, more than 4 axes, bools and u8, values that
/// are not finite in blocks or too large for 16 bits.
void write_gguf(const std::filesystem::path& path, const nn::TensorFile& content, GgufType type = GgufType::f32,
                std::string_view architecture = "grus");

}  // namespace grus::formats
