#include "report/axis.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace grus::report {
namespace {

double round_step(double rough) {
  const double power = std::pow(10.0, std::floor(std::log10(rough)));
  for (const double factor : {1.0, 2.0, 5.0})
    if (factor * power >= rough * (1 - 1e-9)) return factor * power;
  return 10 * power;
}

// Returns "2e-7", shorter than the same in decimals.
std::string small_label(double value) {
  std::string text = fmt::format("{:.3g}", value == 0 ? 0.0 : value);
  if (const size_t zero = text.find("e-0"); zero != std::string::npos) text.erase(zero + 2, 1);
  return text;
}

std::string tick_label(double value, double step) {
  if (std::abs(value) >= 1e6 && step >= 1e-5 * std::abs(value)) return fmt::format("{:g}", value);
  if (step < 9e-6) return small_label(value);
  const int decimals = std::clamp(static_cast<int>(-std::floor(std::log10(step) + 1e-9)), 0, 9);
  return fmt::format("{:.{}f}", value == 0 ? 0.0 : value, decimals);
}

// Spreads equal limits, which would leave nothing to divide by.
void spread(double& low, double& high) {
  if (!std::isfinite(low) || !std::isfinite(high)) low = 0, high = 1;
  if (low < high) return;
  const double half = low == 0 ? 1 : std::abs(low) / 2;
  low -= half;
  high += half;
}

}  // namespace

double Axis::operator()(double value) const {
  const double share = logarithmic ? std::log(value / low) / std::log(high / low) : (value - low) / (high - low);
  return start + share * (end - start);
}

Axis linear_axis(double low, double high, int wanted, bool whole, bool round_limits) {
  spread(low, high);
  // A step that the limits' own digits cannot show would give the same tick again and again.
  double step = round_step(std::max((high - low) / wanted, std::max(std::abs(low), std::abs(high)) * 1e-13));
  if (whole) step = std::max(step, 1.0);
  Axis axis;
  axis.low = round_limits ? std::floor(low / step + 1e-9) * step : low;
  axis.high = round_limits ? std::ceil(high / step - 1e-9) * step : high;
  const double first = std::ceil(axis.low / step - 1e-9), last = std::floor(axis.high / step + 1e-9);
  for (double i = first; i <= last && axis.ticks.size() < 50; ++i)
    axis.ticks.push_back({i * step, tick_label(i * step, step)});
  return axis;
}

Axis logarithmic_axis(double low, double high) {
  if (!(low > 0) || !std::isfinite(high)) return linear_axis(low, high, 5, false, true);
  Axis axis;
  axis.logarithmic = true;
  axis.low = low / 1.08;
  axis.high = high * 1.08;
  const double first = std::pow(10.0, std::floor(std::log10(low)));
  const std::vector<double> factors = high / low > 300 ? std::vector{1.0} : std::vector{1.0, 2.0, 5.0};
  for (double power = first; power <= axis.high; power *= 10)
    for (const double factor : factors)
      if (const double value = factor * power; value >= axis.low && value <= axis.high)
        axis.ticks.push_back({value, low < 1e-3 ? small_label(value) : tick_label(value, std::min(power, 1.0))});
  if (axis.ticks.size() < 3) return linear_axis(low, high, 5, false, true);
  return axis;
}

}  // namespace grus::report
