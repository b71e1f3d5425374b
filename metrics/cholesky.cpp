#include "metrics/cholesky.h"

#include <cmath>

namespace grus::metrics {

void cholesky(std::vector<double>& a, size_t n) {
  for (size_t j = 0; j < n; ++j) {
    for (size_t k = 0; k < j; ++k) {
      const double factor = a[j * n + k];
      for (size_t i = j; i < n; ++i) a[i * n + j] -= a[i * n + k] * factor;
    }
    const double root = std::sqrt(a[j * n + j]);
    for (size_t i = j; i < n; ++i) a[i * n + j] /= root;
  }
}

void solve_lower(const std::vector<double>& lower, std::vector<double>& b, size_t n) {
  for (size_t i = 0; i < n; ++i) {
    for (size_t k = 0; k < i; ++k) b[i] -= lower[i * n + k] * b[k];
    b[i] /= lower[i * n + i];
  }
}

void solve_positive(std::vector<double>& a, std::vector<double>& b, size_t n, size_t m) {
  cholesky(a, n);
  for (size_t i = 0; i < n; ++i) {
    for (size_t k = 0; k < i; ++k)
      for (size_t c = 0; c < m; ++c) b[i * m + c] -= a[i * n + k] * b[k * m + c];
    for (size_t c = 0; c < m; ++c) b[i * m + c] /= a[i * n + i];
  }
  for (size_t i = n; i-- > 0;) {
    for (size_t k = i + 1; k < n; ++k)
      for (size_t c = 0; c < m; ++c) b[i * m + c] -= a[k * n + i] * b[k * m + c];
    for (size_t c = 0; c < m; ++c) b[i * m + c] /= a[i * n + i];
  }
}

}  // namespace grus::metrics
