#pragma once
// Word translation probabilities t(f | e) over the pairs of words that occur together.
#include <cstddef>
#include <cstdint>
#include <vector>

namespace grus::data {

/// A word and how likely it is.
struct WordProbability {
  int32_t word;
  double probability;
};
using WordProbabilities = std::vector<WordProbability>;

/// A sparse table with a row for each word e, whose columns are the words f seen with it. Row 0 is the empty word NULL;
/// the word with id i, from 0, has row i + 1. The table starts uniform.
class Lexicon {
 public:
  using Sentences = std::vector<std::vector<int32_t>>;
  /// `given` are the sentences of e, `said` those of f.
  Lexicon(const Sentences& given, const Sentences& said);

  /// Returns where (row, f) stands in the table; the pair must have occurred.
  size_t entry(int32_t row, int32_t word) const;
  double probability(size_t entry) const { return probability_[entry]; }
  /// Returns the words of a row that EM has not given up, the likeliest first, equal ones in order of id; a row that
  /// never occurred has none.
  WordProbabilities likeliest(int32_t row) const;
  void count(size_t entry, double expected) { expected_[entry] += expected; }
  /// The M step: t(f | e) = count(f, e) / sum over f. Counts start anew.
  void estimate();

 private:
  std::vector<size_t> begin_;  // where each row begins
  std::vector<int32_t> words_;
  std::vector<double> probability_, expected_;
};

}  // namespace grus::data
