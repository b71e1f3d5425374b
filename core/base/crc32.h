#pragma once
// CRC-32 (IEEE 802.3) as fast as memory is read, where the CPU multiplies polynomials.
#include <cstdint>
#include <string_view>

namespace grus {

/// Returns the CRC-32 of bytes whose beginning has the CRC-32 `before` (0: nothing came before), as zlib's crc32().
uint32_t crc32_of(uint32_t before, std::string_view bytes);

}  // namespace grus
