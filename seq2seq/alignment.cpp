#include "seq2seq/alignment.h"

#include <algorithm>
#include <string_view>

namespace grus::seq2seq {

Alignment in_words(const Alignment& pieces) {
  constexpr std::string_view mark = "▁";
  // words[i] receives the word that piece i belongs to.
  const auto group = [&](const std::vector<std::string>& side, std::vector<std::string>& words) {
    bool marked = false;
    for (const std::string& piece : side) marked |= piece.starts_with(mark);
    std::vector<size_t> word_of;
    for (const std::string& piece : side) {
      const bool begins = !marked || piece.starts_with(mark) || piece.starts_with("<");
      if (words.empty() || begins) words.emplace_back();
      words.back() += marked && piece.starts_with(mark) ? piece.substr(mark.size()) : piece;
      word_of.push_back(words.size() - 1);
    }
    return word_of;
  };
  Alignment joined;
  const std::vector<size_t> columns = group(pieces.source, joined.source), rows = group(pieces.target, joined.target);
  std::vector<float> counts(joined.target.size());
  for (const size_t row : rows) counts[row] += 1;
  joined.weights.resize(joined.target.size() * joined.source.size());
  for (size_t t = 0; t < rows.size(); ++t)
    for (size_t s = 0; s < columns.size(); ++s)
      joined.weights[rows[t] * joined.source.size() + columns[s]] +=
          pieces.weights[t * columns.size() + s] / counts[rows[t]];
  return joined;
}

data::Links hard_links(const Alignment& pieces) {
  const Alignment words = in_words(pieces);
  const auto width = std::ssize(words.source);
  data::Links links;
  for (int64_t t = 0; t < std::ssize(words.target); ++t) {
    if (t + 1 == std::ssize(words.target) && words.target.back() == "<eos>") break;
    const auto row = words.weights.begin() + t * width;
    links.push_back({static_cast<int32_t>(std::max_element(row, row + width) - row), static_cast<int32_t>(t)});
  }
  std::sort(links.begin(), links.end());
  return links;
}

}  // namespace grus::seq2seq
