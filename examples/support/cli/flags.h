#pragma once
// What programs need that have flags of CLI11's own. CLI11 is included in folders named cli alone.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <charconv>
#include <string>

#include "examples/support/cli/command_line.h"

namespace grus::programs {

/// Refuses values that are not numbers from `low` to `high`, NaN among them.
template <class T>
CLI::Validator between(T low, T high) {
  const auto check = [low, high](const std::string& text) -> std::string {
    T value{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    const bool whole = error == std::errc() && end == text.data() + text.size();
    if (whole && value >= low && value <= high) return "";
    return fmt::format("need {} from {} to {}, got '{}'", std::is_integral_v<T> ? "a whole number" : "a number", low,
                       high, text);
  };
  return CLI::Validator(check, fmt::format("[{} - {}]", low, high));
}
/// The largest seed of a random choice.
constexpr int64_t most_seed = 1'000'000'000'000;

}  // namespace grus::programs
