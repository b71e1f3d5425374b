#include "report/smooth.h"

#include <cmath>
#include <cstddef>

namespace grus::report {

// Both sums over j are those from the left and from the right, which count x_i twice.
std::vector<double> smoothed(const std::vector<double>& values, double weight) {
  const size_t n = values.size();
  std::vector<double> sums(n), weights(n);
  for (const bool leftwards : {false, true}) {
    double sum = 0, total = 0;
    for (size_t k = 0; k < n; ++k) {
      const size_t i = leftwards ? n - 1 - k : k;
      const bool counts = std::isfinite(values[i]);
      sum = weight * sum + (counts ? values[i] : 0);
      total = weight * total + (counts ? 1 : 0);
      sums[i] += sum - (leftwards && counts ? values[i] : 0);
      weights[i] += total - (leftwards && counts ? 1 : 0);
    }
  }
  for (size_t i = 0; i < n; ++i) sums[i] /= weights[i];
  return sums;
}

}  // namespace grus::report
