#pragma once
// An axis says where a value stands, and which round numbers are written beside it.
#include <string>
#include <vector>

namespace grus::report {

struct Tick {
  double value;
  std::string label;
};

/// Maps [low, high] onto pixels [start, end], linearly or by logarithm.
struct Axis {
  double low = 0, high = 1;
  double start = 0, end = 1;
  bool logarithmic = false;
  std::vector<Tick> ticks = {};

  double operator()(double value) const;
};

/// Makes about `wanted` ticks at steps of 1, 2 or 5 times a power of ten (`whole`: at least 1), and limits on such
/// steps when `round_limits`. Equal limits are spread; limits that are not finite become 0 and 1.
Axis linear_axis(double low, double high, int wanted, bool whole, bool round_limits);

/// Makes ticks at 1, 2, 5 times powers of ten. The axis is linear when `low` is not positive or fewer than three ticks
/// would fit.
Axis logarithmic_axis(double low, double high);

}  // namespace grus::report
