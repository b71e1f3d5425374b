#include "data/pairs/lexicon.h"

#include <algorithm>

namespace grus::data {
namespace {

// A pair that EM has given up keeps a trace, so that no sentence becomes impossible.
constexpr double least_probability = 1e-9;

}  // namespace

Lexicon::Lexicon(const Sentences& given, const Sentences& said) {
  std::vector<std::vector<int32_t>> rows(1);
  const auto tidy = [](std::vector<int32_t>& row) {
    std::sort(row.begin(), row.end());
    row.erase(std::unique(row.begin(), row.end()), row.end());
  };
  // Rows of frequent words are made short again and again, so that they never hold all their repetitions.
  const auto add = [&](size_t row, const std::vector<int32_t>& words) {
    if (row >= rows.size()) rows.resize(row + 1);
    const bool full = rows[row].size() + words.size() > rows[row].capacity();
    if (full && rows[row].size() > 64) tidy(rows[row]);
    rows[row].insert(rows[row].end(), words.begin(), words.end());
  };
  for (size_t n = 0; n < given.size(); ++n) {
    add(0, said[n]);
    for (const int32_t word : given[n]) add(static_cast<size_t>(word) + 1, said[n]);
  }
  begin_.push_back(0);
  for (std::vector<int32_t>& row : rows) {
    tidy(row);
    words_.insert(words_.end(), row.begin(), row.end());
    probability_.insert(probability_.end(), row.size(), 1.0 / static_cast<double>(std::max<size_t>(row.size(), 1)));
    begin_.push_back(words_.size());
    row = {};
  }
  expected_.resize(words_.size());
}

size_t Lexicon::entry(int32_t row, int32_t word) const {
  const auto begin = words_.begin() + static_cast<ptrdiff_t>(begin_[static_cast<size_t>(row)]);
  const auto end = words_.begin() + static_cast<ptrdiff_t>(begin_[static_cast<size_t>(row) + 1]);
  return static_cast<size_t>(std::lower_bound(begin, end, word) - words_.begin());
}

WordProbabilities Lexicon::likeliest(int32_t row) const {
  WordProbabilities words;
  const auto at = static_cast<size_t>(row);
  if (at + 1 >= begin_.size()) return words;
  for (size_t i = begin_[at]; i < begin_[at + 1]; ++i)
    if (probability_[i] > least_probability) words.push_back({words_[i], probability_[i]});
  std::stable_sort(words.begin(), words.end(),
                   [](const WordProbability& a, const WordProbability& b) { return a.probability > b.probability; });
  return words;
}

void Lexicon::estimate() {
  for (size_t row = 0; row + 1 < begin_.size(); ++row) {
    double sum = 0;
    for (size_t i = begin_[row]; i < begin_[row + 1]; ++i) sum += expected_[i];
    for (size_t i = begin_[row]; i < begin_[row + 1]; ++i) {
      if (sum > 0) probability_[i] = std::max(expected_[i] / sum, least_probability);
      expected_[i] = 0;
    }
  }
}

}  // namespace grus::data
