#include "tests/random/model.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstring>

namespace grus::test {
namespace {

constexpr double large_noise = 1e-6, small_noise = 1e-8;

double largest(const Piece& piece) {
  double most = 0;
  for (const double number : piece.numbers) most = std::max(most, std::abs(number));
  return most;
}

double distance(const Piece& a, const Piece& b) {
  double most = 0;
  for (size_t i = 0; i < a.numbers.size(); ++i) {
    const double d = std::abs(a.numbers[i] - b.numbers[i]);
    if (!(d <= most)) most = d;  // NaN counts
  }
  return most;
}

std::vector<Scale> sizes_of(const Pieces& exact) {
  std::vector<Scale> scales(exact.size());
  double around[3] = {1, 1, 1};
  for (size_t k = 0; k < exact.size(); ++k) {
    double& most = around[exact[k].order];
    most = std::max(most, scales[k].size = largest(exact[k]));
  }
  for (size_t k = 0; k < exact.size(); ++k) scales[k].around = around[exact[k].order];
  return scales;
}

}  // namespace

std::optional<std::vector<Scale>> scales_of(const Program& program, const Pieces& exact, int order) {
  std::vector<Scale> scales = sizes_of(exact);
  for (const uint64_t seed : {program.seed * 2 + 1, program.seed * 2 + 2}) {
    const auto noisy = [&](double noise) {
      return run(program, Device("reference"), DType::f64, {.order = order, .noise = noise, .noise_seed = seed});
    };
    const Pieces much = noisy(large_noise), little = noisy(small_noise);
    for (size_t k = 0; k < exact.size(); ++k) {
      const double far = distance(much[k], exact[k]), near = distance(little[k], exact[k]);
      const bool jumps = near > 0.1 * far && near > 1e-14 * scales[k].around;
      if (!std::isfinite(far) || !std::isfinite(scales[k].size) || jumps || far > 3e-3 * scales[k].around)
        return std::nullopt;
      scales[k].spread = std::max(scales[k].spread, far / large_noise);
    }
  }
  return scales;
}

bool same_bits(const Pieces& a, const Pieces& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const Piece& x, const Piece& y) {
    return x.numbers.size() == y.numbers.size() &&
           (x.numbers.empty() || std::memcmp(x.numbers.data(), y.numbers.data(), x.numbers.size() * 8) == 0);
  });
}

std::string difference(const Pieces& got, const Pieces& exact, const std::vector<Scale>& scales, Rounding rounding,
                       double& share) {
  size_t worst = 0;
  share = 0;
  if (got.size() != exact.size()) return fmt::format("{} results and gradients, need {}", got.size(), exact.size());
  for (size_t k = 0; k < exact.size(); ++k) {
    if (got[k].shape != exact[k].shape)
      return fmt::format("{} has shape {}, need {}", exact[k].name, got[k].shape, exact[k].shape);
    const double error = distance(got[k], exact[k]);
    if (error == 0 || error / rounding.allowed(scales[k]) <= share) continue;
    share = error / rounding.allowed(scales[k]);
    worst = k;
  }
  if (share <= 1) return "";
  return fmt::format("{} is off by {:.3g}, allowed are {:.3g}, its largest number is {:.3g}", exact[worst].name,
                     distance(got[worst], exact[worst]), rounding.allowed(scales[worst]), scales[worst].size);
}

bool measure_loss(std::vector<Scale>& scales, const Pieces& narrow, const Pieces& exact) {
  for (size_t k = 0; k < scales.size(); ++k) {
    const double error = distance(narrow[k], exact[k]);
    if (!(error <= 1e-3 * scales[k].around)) return false;
    scales[k].lost = error / 0x1p-24;
  }
  return true;
}

std::string tape_difference(const Pieces& got, const Pieces& exact) {
  for (size_t k = 0; k < exact.size(); ++k)
    if (exact[k].order == 0 && got[k].on_tape != exact[k].on_tape)
      return fmt::format("{} is {}on the tape", exact[k].name, got[k].on_tape ? "" : "not ");
  return "";
}

std::string slope_difference(const Program& program, const Pieces& exact, const std::vector<Scale>& scales, int order,
                             bool& measured) {
  constexpr double h = 1e-4;
  const auto at = [&](double along) {
    const Pieces there = run(program, Device("reference"), DType::f64, {.order = order - 1, .along = along});
    return weighted_sum(program, there, order - 1);
  };
  const auto central = [&](double step) { return (at(step) - at(-step)) / (2 * step); };
  const double wide = central(h), narrow = central(h / 2), found = (4 * narrow - wide) / 3;
  const double got = slope(program, exact, order, false), sum = slope(program, exact, order, true);
  double rounding = 0;  // rounding of what is measured, and in the gradients
  for (size_t k = 0; k < exact.size(); ++k) {
    const double scale = static_cast<double>(exact[k].numbers.size()) * (scales[k].size + scales[k].spread);
    if (exact[k].order == order - 1) rounding += 1e-14 * scale / h;
    if (exact[k].order == order)
      rounding += 1e-14 * (scale + static_cast<double>(exact[k].numbers.size()) * scales[k].around);
  }
  // Halving the step takes away three quarters of an error that is small already, unless a kink is near.
  measured = std::abs(wide - narrow) <= 1e-6 * sum + rounding;
  const double allowed = 1e-7 * sum + std::abs(wide - narrow) * 10 + rounding;
  if (!measured || std::abs(got - found) <= allowed) return "";
  return fmt::format("the {} derivative along a direction is {}, measured {} within {}",
                     order == 1 ? "first" : "second", got, found, allowed);
}

}  // namespace grus::test
