#include <algorithm>

#include "data/text/sentencepiece_encoder.h"

namespace grus::data {
namespace {

constexpr float unknown_penalty = 10;

// The best cut of the text up to some place: its score, and its last piece.
struct Best {
  float score = 0;
  int32_t id = -1;
  uint32_t begin = 0;
};

template <class Score>  // float or double, as the library compares
void offer(Best& best, Score score, int32_t id, size_t begin) {
  if (best.id < 0 || score > best.score) best = {static_cast<float>(score), id, static_cast<uint32_t>(begin)};
}

}  // namespace

std::vector<SentencePieceEncoder::Cut> SentencePieceEncoder::cut_by_unigram(std::string_view text) const {
  std::vector<Best> best(text.size() + 1);  // up to each byte
  const float unknown_score = least_score_ - unknown_penalty;
  for (size_t begin = 0; begin < text.size();) {
    const std::string_view rest = text.substr(begin);
    const size_t character = character_size(rest), most = std::min(longest_, rest.size());
    const float before = best[begin].score;
    bool known = false;  // whether the character itself is a piece
    uint64_t hash = PieceTable::empty_hash;
    for (size_t size = 1; size <= most; ++size) {
      hash = PieceTable::extended(hash, rest[size - 1]);
      const int32_t id = table_.find(rest.substr(0, size), hash);
      if (id < 0 || !is_cut_into(id) || piece(id).type == PieceType::unused) continue;
      const double score = piece(id).type == PieceType::user_defined ? static_cast<float>(size) * greatest_score_ - 0.1
                                                                     : static_cast<double>(piece(id).score);
      offer(best[begin + size], score + static_cast<double>(before), id, begin);
      known = known || size == character;
    }
    if (!known) offer(best[begin + character], unknown_score + before, unknown_, begin);
    begin += character;
  }
  std::vector<Cut> cuts;
  for (size_t end = text.size(); end > 0; end = best[end].begin)
    cuts.push_back({best[end].begin, static_cast<uint32_t>(end) - best[end].begin, best[end].id});
  std::reverse(cuts.begin(), cuts.end());
  return cuts;
}

}  // namespace grus::data
