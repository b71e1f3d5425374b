#pragma once
// The part that the metrics share: n-grams as sorted multisets, tokens between spaces, the head of a signature.
#include <algorithm>
#include <cstdint>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/error.h"
#include "data/bleu.h"
#include "data/unicode.h"

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

inline void check_references(std::string_view metric, const std::vector<std::string>& hypotheses,
                             const References& references) {
  require<UsageError>(!hypotheses.empty(), "[{}] need sentences, got none", metric);
  require<UsageError>(hypotheses.size() == references.size(),
                      "[{}] need references for each of {} sentences, got them for {}", metric, hypotheses.size(),
                      references.size());
  for (size_t n = 0; n < references.size(); ++n)
    require<UsageError>(!references[n].empty(), "[{}] need a reference for each sentence, got none for sentence {}",
                        metric, n + 1);
}

/// Returns "nrefs:2", or "nrefs:var" when sentences have different numbers of references.
inline std::string reference_count(const References& references) {
  const size_t first = references.front().size();
  const bool same = std::all_of(references.begin(), references.end(), [&](const auto& r) { return r.size() == first; });
  return same ? fmt::format("nrefs:{}", first) : "nrefs:var";
}

}  // namespace grus::data
