#pragma once
// Where a translation looked.
#include <string>
#include <vector>

namespace grus::seq2seq {

/// Attention weights of one translation.
struct Alignment {
  std::vector<std::string> source, target;
  std::vector<float> weights;  // (target, source), each row summing to 1
};

/// Pieces of words ("▁" begins one) joined: columns add up, rows are averaged.
Alignment in_words(const Alignment& pieces);

}  // namespace grus::seq2seq
