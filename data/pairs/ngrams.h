#pragma once
// The part that the metrics share: n-grams as sorted multisets, and tokens between spaces.
#include <cstdint>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

#include "data/text/unicode.h"

namespace grus::data {

/// Splits at runs of white space of any kind, as Python's str.split() does.
inline std::vector<std::string_view> split_white_space(std::string_view text) {
  std::vector<std::string_view> tokens;
  bool inside = false;
  for (const CodePoint& point : decode_utf8(text)) {
    const bool space = is_space(point.value);
    if (!space && !inside) tokens.push_back(point.bytes);
    if (!space && inside) tokens.back() = {tokens.back().data(), tokens.back().size() + point.bytes.size()};
    inside = !space;
  }
  return tokens;
}

/// Counts the n-grams that two sorted multisets share, each as often as the poorer one has it.
template <class T>
int64_t common(const std::vector<T>& a, const std::vector<T>& b) {
  int64_t count = 0;
  for (auto i = a.begin(), j = b.begin(); i != a.end() && j != b.end();) {
    const int order = i->compare(*j);
    if (order == 0) ++count;
    if (order <= 0) ++i;
    if (order >= 0) ++j;
  }
  return count;
}

}  // namespace grus::data
