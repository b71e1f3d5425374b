#pragma once
// Numbers as text files write them.
#include <limits>
#include <optional>
#include <string_view>

namespace grus::data {

/// What a column of numbers holds where a cell is missing.
constexpr double missing_number = std::numeric_limits<double>::quiet_NaN();

/// Reads all of `text` as a decimal number, in any locale: "-1.5e3", "+7", "inf", spaces around it. Returns nothing for
/// other text, for "nan", for a number beyond a double's range, and for an integer that a double would round.
std::optional<double> parse_number(std::string_view text);

}  // namespace grus::data
