#pragma once
// Modules as ONNX, recorded with one size and compared at another.
#include <cstdint>
#include <string>

namespace grus::test {

/// Writes NAME.onnx and NAME.npz of each module and returns how many there are.
int write_modules(const std::string& folder, uint64_t seed);

}  // namespace grus::test
