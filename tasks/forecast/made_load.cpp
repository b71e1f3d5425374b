#include "tasks/forecast/made_load.h"

#include <fmt/format.h>

#include <cmath>
#include <numbers>

#include "core/tensor/random.h"
#include "data/read/dates.h"

namespace grus::tasks::forecast {

std::string made_load(uint64_t seed) {
  Rng rng(seed);
  constexpr int64_t rows = 24 * 7 * 12;
  const std::vector<float> noise = random_normal({rows, 2}, 0, 1, rng).to_vector<float>();
  const data::DateAxis dates{
      .first = {.year = 2026, .month = 1, .day = 5}, .seconds = 3600, .rows = rows, .format = "%Y-%m-%d %H:%M"};
  std::string text = "date,load,heat\n";
  for (int64_t i = 0; i < rows; ++i) {
    const double hour = 2 * std::numbers::pi * static_cast<double>(i % 24) / 24;
    const double weekend = i / 24 % 7 >= 5 ? 1 : 0, rise = 0.01 * static_cast<double>(i);
    const double load = 80 + rise - 30 * weekend - (20 - 12 * weekend) * std::cos(hour) + 8 * std::sin(2 * hour);
    const double heat =
        15 + 6 * std::sin(2 * std::numbers::pi * static_cast<double>(i) / (24 * 28)) - 5 * std::cos(hour - 0.8);
    const auto at = static_cast<size_t>(i);
    text += dates.text_at(i) + (i % 211 < 3 ? "," : fmt::format(",{:.1f}", load + 2 * noise[2 * at]));
    text += fmt::format(",{:.1f}\n", heat + 0.6 * noise[2 * at + 1]);
  }
  return text;
}

}  // namespace grus::tasks::forecast
