#include "tasks/base/lists.h"

#include <algorithm>
#include <numeric>

#include "core/base/error.h"
#include "core/base/printable.h"
#include "data/read/number.h"

namespace grus::tasks {

std::vector<std::string> comma_list(const std::string& text) {
  std::vector<std::string> parts;
  for (size_t begin = 0; begin <= text.size() && !text.empty();) {
    const size_t end = std::min(text.find(',', begin), text.size());
    parts.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return parts;
}

std::array<double, 3> three_parts(std::string_view flag, const std::string& text) {
  std::array<double, 3> split{};
  const std::vector<std::string> parts = comma_list(text);
  bool whole = parts.size() == split.size();
  for (size_t i = 0; i < split.size() && whole; ++i) {
    const auto number = data::parse_number(parts[i]);
    whole = number.has_value();
    if (whole) split[i] = *number;
  }
  require<UsageError>(whole, "--{}: need three shares or counts of rows, as 0.7,0.1,0.2, got '{}'", flag, Shown{text});
  return split;
}

std::vector<size_t> likeliest(const std::vector<float>& probabilities, int64_t most) {
  std::vector<size_t> order(probabilities.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) { return probabilities[a] > probabilities[b]; });
  order.resize(std::min(order.size(), static_cast<size_t>(most)));
  return order;
}

}  // namespace grus::tasks
