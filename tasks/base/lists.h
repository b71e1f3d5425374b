#pragma once
// Options whose text is a list, and lists of what is likeliest.
#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace grus::tasks {

/// Returns the parts of "a,b"; none of "".
std::vector<std::string> comma_list(const std::string& text);
/// Returns the numbers of "0.7,0.1,0.2": training, validation and test as shares or counts of rows. Throws UsageError,
/// naming the flag, for another text.
std::array<double, 3> three_parts(std::string_view flag, const std::string& text);

/// Returns the places of the `most` greatest numbers, the greatest first; of equal ones the earlier.
std::vector<size_t> likeliest(const std::vector<float>& probabilities, int64_t most);

}  // namespace grus::tasks
