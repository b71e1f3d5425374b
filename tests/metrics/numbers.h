#pragma once
// Numbers that are none, as metrics meet them.
#include <limits>

namespace grus::test {

inline constexpr float nan_number = std::numeric_limits<float>::quiet_NaN(),
                       inf = std::numeric_limits<float>::infinity();

}  // namespace grus::test
