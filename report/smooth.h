#pragma once
#include <vector>

namespace grus::report {

/// s_i = sum_j w^|i - j| x_j / sum_j w^|i - j|, with `weight` w in [0, 1), over the x_j that are finite; NaN where
/// there is none. It looks both ways, so that what happens stays at its place.
std::vector<double> smoothed(const std::vector<double>& values, double weight);

}  // namespace grus::report
