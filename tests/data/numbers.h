#pragma once
// Numbers by which tests tell which places of a data set they saw.
#include <algorithm>
#include <cstdint>
#include <numeric>
#include <vector>

namespace grus::test {

/// Returns 0 to n - 1.
inline std::vector<int64_t> up_to(int64_t n) {
  std::vector<int64_t> v(static_cast<size_t>(n));
  std::iota(v.begin(), v.end(), 0);
  return v;
}

inline std::vector<int64_t> sorted(std::vector<int64_t> v) {
  std::sort(v.begin(), v.end());
  return v;
}

/// Returns the places of all batches of a plan, one behind the other.
inline std::vector<int64_t> flat(const std::vector<std::vector<int64_t>>& plan) {
  std::vector<int64_t> all;
  for (const auto& batch : plan) all.insert(all.end(), batch.begin(), batch.end());
  return all;
}

}  // namespace grus::test
