#pragma once
// An alignment says which source words each target word looked at.
#include <string>
#include <string_view>
#include <vector>

#include "data/pairs/alignment.h"

namespace grus::seq2seq {

/// The attention weights of one translation.
struct Alignment {
  std::vector<std::string> source, target;
  std::vector<float> weights;  // (target, source); each row sums to 1
};

/// Returns the word, from 0, that each piece belongs to. "▁" begins a word where any piece of the sentence has one;
/// elsewhere each piece is a word. <eos> and <unk> are words of their own.
std::vector<size_t> words_of(const std::vector<std::string>& pieces);

/// Returns the alignment with pieces of words joined ("▁" begins a word): columns are added, rows averaged.
Alignment in_words(const Alignment& pieces);

/// Returns the source word that each target word looked at most, the first of equal ones; <eos> has none. Words are
/// those of in_words, numbered from 0.
data::Links hard_links(const Alignment& pieces);

}  // namespace grus::seq2seq
