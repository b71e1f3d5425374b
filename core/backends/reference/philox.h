#pragma once
#include <array>
#include <cstdint>

namespace grus::reference {

/// One block of four 32-bit numbers of Philox4x32-10.
std::array<uint32_t, 4> philox(std::array<uint32_t, 4> counter, std::array<uint32_t, 2> key);

}  // namespace grus::reference
