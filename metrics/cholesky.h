#pragma once
// Symmetric, positive definite matrices in f64, row-major.
#include <cstddef>
#include <vector>

namespace grus::metrics {

/// Puts L of A = L L^T (n, n) into the lower half of A. Where rounding leaves a pivot that is not above 0, L has NaN.
void cholesky(std::vector<double>& a, size_t n);
/// x = L^-1 b in place of b (n), L in the lower half.
void solve_lower(const std::vector<double>& lower, std::vector<double>& b, size_t n);
/// Solves A X = B in place of B (n, m); A becomes its factor.
void solve_positive(std::vector<double>& a, std::vector<double>& b, size_t n, size_t m);

}  // namespace grus::metrics
