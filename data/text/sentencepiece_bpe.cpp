#include <queue>

#include "data/text/sentencepiece_encoder.h"

namespace grus::data {
namespace {

constexpr int32_t none = -1;

// A Symbol is a part of the text that may merge with its neighbours; one that was merged into another has size 0.
struct Symbol {
  uint32_t begin, size;
  int32_t before, after;
  bool fixed;  // a user's symbol
};

// A Pair is two neighbours whose texts together are a piece.
struct Pair {
  float score;
  int32_t left, right;
  uint32_t size;  // of both, by which a pair shows that it is out of date
};

struct ComesLater {
  bool operator()(const Pair& a, const Pair& b) const {
    return a.score < b.score || (a.score == b.score && a.left > b.left);
  }
};

}  // namespace

void SentencePieceEncoder::add_used(std::string_view text, Cut cut, const LeftSizes& left_sizes,
                                    std::vector<Cut>& cuts) const {
  std::vector<Cut> open = {cut};
  while (!open.empty()) {
    cut = open.back();
    open.pop_back();
    const std::string_view part = text.substr(cut.begin, cut.size);
    const int32_t found = table_.find(part);
    cut.id = found < 0 ? unknown_ : found;
    const auto left = piece(cut.id).type == PieceType::unused ? left_sizes.find(part) : left_sizes.end();
    if (left == left_sizes.end()) {
      cuts.push_back(cut);
      continue;
    }
    open.push_back({cut.begin + left->second, cut.size - left->second, 0});
    open.push_back({cut.begin, left->second, 0});
  }
}

std::vector<SentencePieceEncoder::Cut> SentencePieceEncoder::cut_by_bpe(std::string_view text) const {
  std::vector<Symbol> symbols;
  for (size_t begin = 0; begin < text.size();) {
    const size_t user_defined = user_defined_prefix(text.substr(begin));
    const size_t size = user_defined > 0 ? user_defined : character_size(text.substr(begin));
    const auto at = static_cast<int32_t>(symbols.size());
    begin += size;
    symbols.push_back({static_cast<uint32_t>(begin - size), static_cast<uint32_t>(size), at - 1,
                       begin < text.size() ? at + 1 : none, user_defined > 0});
  }
  const auto symbol = [&](int32_t at) -> Symbol& { return symbols[static_cast<size_t>(at)]; };

  std::priority_queue<Pair, std::vector<Pair>, ComesLater> pairs;
  LeftSizes left_sizes;
  const auto offer = [&](int32_t left, int32_t right) {
    if (left == none || right == none || symbol(left).fixed || symbol(right).fixed) return;
    const uint32_t size = symbol(left).size + symbol(right).size;
    if (size > longest_) return;
    const std::string_view part = text.substr(symbol(left).begin, size);
    const int32_t id = table_.find(part);
    if (id < 0 || !is_cut_into(id)) return;
    pairs.push({piece(id).score, left, right, size});
    if (piece(id).type == PieceType::unused) left_sizes[part] = symbol(left).size;
  };
  for (size_t i = 1; i < symbols.size(); ++i) offer(static_cast<int32_t>(i) - 1, static_cast<int32_t>(i));

  while (!pairs.empty()) {
    const Pair pair = pairs.top();
    pairs.pop();
    Symbol &left = symbol(pair.left), &right = symbol(pair.right);
    if (left.size == 0 || right.size == 0 || left.size + right.size != pair.size) continue;
    left.size = pair.size;
    left.after = right.after;
    if (right.after != none) symbol(right.after).before = pair.left;
    right.size = 0;
    offer(left.before, pair.left);
    offer(pair.left, left.after);
  }
  std::vector<Cut> cuts;
  for (int32_t at = 0; at != none; at = symbol(at).after)
    add_used(text, {symbol(at).begin, symbol(at).size, 0}, left_sizes, cuts);
  return cuts;
}

}  // namespace grus::data
