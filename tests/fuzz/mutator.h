#pragma once
// Bytes made from good ones.
#include <cstdint>
#include <string>
#include <vector>

namespace grus::fuzz {

/// Of one of the seeds, with one to eight changes: bits, bytes, ranges, numbers at the limits of their types, brackets,
/// parts of other seeds. The same number gives the same bytes. Some are the seed itself.
std::string mutate(const std::vector<std::string>& seeds, uint64_t number);

}  // namespace grus::fuzz
