#pragma once
// Mutations of good inputs.
#include <cstdint>
#include <string>
#include <vector>

namespace grus::fuzz {

/// Returns one of the seeds with one to eight changes: bits, bytes, ranges, numbers at the limits of their types,
/// brackets, parts of other seeds. Some inputs are the seed itself. The same number gives the same bytes.
std::string mutate(const std::vector<std::string>& seeds, uint64_t number);

}  // namespace grus::fuzz
