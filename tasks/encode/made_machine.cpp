#include "tasks/encode/made_machine.h"

#include <fmt/format.h>

#include <cmath>
#include <numbers>

#include "core/tensor/random.h"
#include "data/read/dates.h"

namespace grus::tasks::encode {
namespace {

constexpr int64_t rows = 24 * 250;  // hours
constexpr int64_t first_fault = rows * 8 / 10 + 30, apart = 75;

enum Kind { spike, stuck, shifted, hurried, uncoupled, kinds };
constexpr int64_t lengths[kinds] = {2, 14, 18, 24, 18};

// Returns which fault stands at a row, or `kinds`: every 75 rows of the last fifth one begins, the kinds in turn.
Kind fault_at(int64_t row) {
  if (row < first_fault) return kinds;
  const int64_t number = (row - first_fault) / apart, since = (row - first_fault) % apart;
  const auto kind = static_cast<Kind>(number % kinds);
  return since < lengths[kind] ? kind : kinds;
}

}  // namespace

std::string machine_with_faults(uint64_t seed) {
  Rng rng(seed);
  const std::vector<float> noise = random_normal({rows, 2}, 0, 1, rng).to_vector<float>(),
                           strength = random_uniform({rows / 24 + 1}, 0.6, 1.4, rng).to_vector<float>();
  const data::DateAxis dates{
      .first = {.year = 2026, .month = 1, .day = 5}, .seconds = 3600, .rows = rows, .format = "%Y-%m-%d %H:%M"};
  std::string text = "date,load,heat,fault\n";
  double heat = 45, last = 50;
  for (int64_t i = 0; i < rows; ++i) {
    const Kind fault = fault_at(i);
    const double hour = 2 * std::numbers::pi * static_cast<double>(i % 24) / 24 * (fault == hurried ? 2 : 1);
    const double day = strength[static_cast<size_t>(i / 24)];
    const double true_load = 50 - day * (18 * std::cos(hour) - 7 * std::sin(2 * hour));
    double load = true_load + 1.2 * noise[2 * static_cast<size_t>(i)];
    if (fault == spike) load += 25;
    if (fault == stuck) load = last;
    if (fault == shifted) load += 12;
    last = load;
    const double towards = fault == uncoupled ? 30 : 20 + 0.5 * true_load;
    heat += 0.25 * (towards - heat) + 0.25 * noise[2 * static_cast<size_t>(i) + 1];
    text += fmt::format("{},{:.2f},{:.2f},{}\n", dates.text_at(i), load, heat, fault == kinds ? 0 : 1);
  }
  return text;
}

}  // namespace grus::tasks::encode
