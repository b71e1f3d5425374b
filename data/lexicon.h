#pragma once
// Word translation probabilities t(f | e) over the pairs of words that occur together.
#include <cstddef>
#include <cstdint>
#include <vector>

namespace grus::data {

/// A sparse table: one row a word e, whose columns are the words f seen with it. Row 0 is the empty word NULL; ids of
/// ordinary words are from 0 and stand in row id + 1. Starts uniform.
class Lexicon {
 public:
  using Sentences = std::vector<std::vector<int32_t>>;
  /// given: the sentences of e; said: those of f.
  Lexicon(const Sentences& given, const Sentences& said);

  /// Where (row, f) stands in the table; the pair must have occurred.
  size_t entry(int32_t row, int32_t word) const;
  double probability(size_t entry) const { return probability_[entry]; }
  void count(size_t entry, double expected) { expected_[entry] += expected; }
  /// The M step: t(f | e) = count(f, e) / sum over f. Counts start anew.
  void estimate();

 private:
  std::vector<size_t> begin_;  // of each row
  std::vector<int32_t> words_;
  std::vector<double> probability_, expected_;
};

}  // namespace grus::data
