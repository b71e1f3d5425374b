#include "seq2seq/alignment.h"

#include <algorithm>
#include <string_view>

namespace grus::seq2seq {

namespace {
constexpr std::string_view mark = "▁";

bool is_marked(const std::vector<std::string>& pieces) {
  return std::any_of(pieces.begin(), pieces.end(), [](const std::string& piece) { return piece.starts_with(mark); });
}

// words[i] receives the word that piece i belongs to.
std::vector<size_t> group(const std::vector<std::string>& pieces, std::vector<std::string>& words) {
  const bool marked = is_marked(pieces);
  const std::vector<size_t> word_of = words_of(pieces);
  for (size_t i = 0; i < pieces.size(); ++i) {
    if (word_of[i] == words.size()) words.emplace_back();
    words.back() += marked && pieces[i].starts_with(mark) ? pieces[i].substr(mark.size()) : pieces[i];
  }
  return word_of;
}
}  // namespace

std::vector<size_t> words_of(const std::vector<std::string>& pieces) {
  const bool marked = is_marked(pieces);
  std::vector<size_t> word_of;
  size_t words = 0;
  for (const std::string& piece : pieces) {
    if (words == 0 || !marked || piece.starts_with(mark) || piece == "<eos>" || piece == "<unk>") ++words;
    word_of.push_back(words - 1);
  }
  return word_of;
}

Alignment in_words(const Alignment& pieces) {
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
