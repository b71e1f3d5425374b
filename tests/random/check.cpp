#include "tests/random/check.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <optional>

#include "core/device/kernel_calls.h"
#include "core/device/storage.h"
#include "tests/support/threads.h"

namespace grus::test {
namespace {

using Pieces = std::vector<Piece>;

constexpr double large_noise = 1e-6, small_noise = 1e-8;

/// Of each piece: its largest number, and how much noise changes it, for noise of size 1.
struct Scale {
  double size = 0, spread = 0;
  double around = 1;  // the largest number of all pieces of its order, and at least 1
};

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

/// Nothing when the program stands at a kink, where no tolerance is honest: small noise then does as much as large.
std::optional<std::vector<Scale>> scales_of(const Program& program, const Pieces& exact, int order) {
  std::vector<Scale> scales(exact.size());
  double around[3] = {1, 1, 1};
  for (size_t k = 0; k < exact.size(); ++k) {
    double& most = around[exact[k].order];
    most = std::max(most, scales[k].size = largest(exact[k]));
  }
  for (size_t k = 0; k < exact.size(); ++k) scales[k].around = around[exact[k].order];
  for (const uint64_t seed : {program.seed * 2 + 1, program.seed * 2 + 2}) {
    const auto noisy = [&](double noise) {
      return run(program, Device("reference"), DType::f64, {.order = order, .noise = noise, .noise_seed = seed});
    };
    const Pieces much = noisy(large_noise), little = noisy(small_noise);
    for (size_t k = 0; k < exact.size(); ++k) {
      const double far = distance(much[k], exact[k]), near = distance(little[k], exact[k]), size = scales[k].size;
      const bool jumps = near > 0.1 * far && near > 1e-12 * size;
      if (!std::isfinite(far) || !std::isfinite(size) || jumps || far > 3e-3 * scales[k].around) return std::nullopt;
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

/// The worst piece's error as a share of what is allowed.
struct Worst {
  double share = 0;
  size_t piece = 0;
  double error = 0;
};
/// A few roundings of what is around may be there in a small number too: 1 - y y of a saturated tanh.
Worst compare(const Pieces& got, const Pieces& exact, const std::vector<Scale>& scales, double eps, double factor) {
  Worst worst;
  for (size_t k = 0; k < exact.size(); ++k) {
    if (got[k].shape != exact[k].shape) return {HUGE_VAL, k, HUGE_VAL};
    const double error = distance(got[k], exact[k]),
                 allowed = eps * (factor * (scales[k].spread + scales[k].size) + 16 * scales[k].around);
    const double share = error == 0 ? 0 : error / (allowed + 1e-300);
    if (!(share <= worst.share)) worst = {share, k, error};
  }
  return worst;
}

/// The reference adds up one by one, in f32 with an error that grows as the elements do.
bool large(const Program& program) {
  return std::any_of(program.values.begin(), program.values.end(),
                     [](const Program::Value& value) { return value.shape.numel() > 4096; });
}

std::string slope_failure(const Program& program, const Pieces& exact, const std::vector<Scale>& scales, int order,
                          Counts* counts) {
  constexpr double h = 1e-4;
  const auto at = [&](double along) {
    const Pieces there = run(program, Device("reference"), DType::f64, {.order = order - 1, .along = along});
    return weighted_sum(program, there, order - 1);
  };
  const auto central = [&](double step) { return (at(step) - at(-step)) / (2 * step); };
  const double wide = central(h), narrow = central(h / 2), measured = (4 * narrow - wide) / 3;
  const double got = slope(program, exact, order, false), sum = slope(program, exact, order, true);
  if (counts) ++counts->slopes;
  // Halving the step takes away three quarters of the error, unless a kink is near.
  if (!(std::abs(wide - narrow) <= 1e-5 * sum)) {
    if (counts) ++counts->no_slopes;
    return "";
  }
  double size = 0, rounding = 0;  // of what is measured, and in the gradients
  for (size_t k = 0; k < exact.size(); ++k) {
    const auto elements = static_cast<double>(exact[k].numbers.size());
    if (exact[k].order == order - 1) size += elements * (scales[k].size + scales[k].spread);
    if (exact[k].order == order) rounding += elements * (scales[k].size + scales[k].spread + scales[k].around);
  }
  const double allowed = 1e-7 * sum + std::abs(wide - narrow) * 1e-2 + 1e-14 * (size / h + rounding);
  if (std::abs(got - measured) <= allowed) return "";
  return fmt::format("the {} derivative along a direction is {}, measured {} within {}",
                     order == 1 ? "first" : "second", got, measured, allowed);
}

}  // namespace

Device composed_device() {
  static const Device device = [] {
    const Device cpu("cpu");
    auto* table = new KernelTable(cpu.state().own_table);
    table->gru_gates = nullptr;
    table->gru_gates_backward = nullptr;
    table->attention = nullptr;
    table->attention_backward = nullptr;
    table->cross_entropy = nullptr;
    table->lstm_gates = nullptr;
    table->lstm_gates_backward = nullptr;
    for (const KernelEntry& entry : kernel_entries(*table))
      require<UsageError>(!entry.present || entry.need != Need::composed, "[composed_device] need {} left out, got it",
                          entry.name);
    return Device(new DeviceState("composed", *table, cpu.context()));  // lives as long as the process
  }();
  return device;
}

std::string Checker::check(const Program& program) const {
  const int order = program.seed % 3 == 0 ? 2 : 1;
  RunOptions options{.order = order};
  if (counts) {
    options.recorded = &counts->recorded;
    ++counts->programs;
    counts->second += order == 2;
    counts->steps += static_cast<int64_t>(program.drawn.size());
    for (const std::string& op : program.drawn) ++counts->drawn[op];
  }
  const Pieces exact = run(program, Device("reference"), DType::f64, options);
  options.recorded = nullptr;
  const auto scales = scales_of(program, exact, order);
  if (!scales) {
    if (counts) ++counts->kinks;
    return "";
  }
  for (int k = 1; k <= order && program.measurable; ++k)
    if (const std::string failure = slope_failure(program, exact, *scales, k, counts); !failure.empty()) return failure;

  const int several = 2 + static_cast<int>(program.seed / 3 % 4);
  const Threads restored(several);
  std::vector<Device> all{Device("reference")};
  all.insert(all.end(), devices.begin(), devices.end());
  for (const Device& device : all)
    for (const DType dtype : {DType::f64, DType::f32})
      for (const int threads : {1, several}) {
        if (device.name() == "reference" && (dtype == DType::f64 || threads > 1 || large(program))) continue;
        set_num_threads(threads);
        const auto once = [&](bool consume) {
          return run(program, device, dtype, {.order = order, .consume = consume && order == 1});
        };
        const std::string where = fmt::format("{} {}, {} threads", device.name(), dtype, threads);
        const Pieces got = once(false);
        if (!same_bits(once(true), got)) return where + ": other bits the second time";
        const bool narrow = dtype == DType::f32;
        const Worst worst = narrow ? compare(got, exact, *scales, 0x1p-24, model.f32_factor)
                                   : compare(got, exact, *scales, 0x1p-53, model.f64_factor);
        if (!(worst.share <= 1))
          return fmt::format("{}: {} is off by {:.3g}, allowed are {:.3g}, its largest number is {:.3g}", where,
                             exact[worst.piece].name, worst.error, worst.error / worst.share,
                             (*scales)[worst.piece].size);
        if (!counts) continue;
        Counts::Compared& compared = counts->compared[fmt::format("{} {}", device.name(), dtype)];
        ++compared.runs;
        compared.worst = std::max(compared.worst, worst.share);
      }
  return "";
}

}  // namespace grus::test
