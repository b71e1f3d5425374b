#pragma once
// Points of many dimensions, and the few directions in which they differ most.
#include <cstddef>
#include <cstdint>
#include <vector>

namespace grus::report {

/// Points are `count` times `width` coordinates, one point after the other.
struct Points {
  size_t count = 0, width = 0;
  std::vector<double> values;
  const double* operator[](size_t i) const { return values.data() + i * width; }
  double* operator[](size_t i) { return values.data() + i * width; }
};

/// Returns the points along their `directions` directions of largest variance (fewer where there are fewer), largest
/// first, about their mean. Subspace iteration (Halko, Martinsson and Tropp 2011, algorithm 4.4); of each direction's
/// two signs the one that makes its largest entry positive. The same points give the same result.
Points principal_components(const Points& points, size_t directions);

/// Returns for each point the `most` others with the largest cosine, best first; of equals the one that comes first.
std::vector<std::vector<int32_t>> nearest_by_cosine(const Points& points, size_t most);

}  // namespace grus::report
