#include "tasks/compose/made_chorales.h"

#include <algorithm>
#include <array>
#include <cstdlib>

namespace grus::tasks::compose {
namespace {

constexpr std::array<int, 7> scale = {0, 2, 4, 5, 7, 9, 11};
// Where each degree (I ii iii IV V vi) may go; the vii is left out.
const std::array<std::vector<int>, 6> follows = {{{3, 4, 5, 1}, {4}, {5, 3}, {4, 0, 1}, {0, 5, 0}, {1, 3}}};

int64_t one_of(int64_t count, Rng& rng) {
  return random_integers({}, 0, count, rng, DType::i64, Device("cpu")).item<int64_t>();
}

int pitch(int degree, int third) { return scale[static_cast<size_t>((degree + 2 * third) % 7)]; }

// Returns the key of one of the chord's pitches that is nearest to `from`, within the voice's range.
int32_t nearest(int tonic, int degree, int32_t from, int32_t low, int32_t high, int32_t below) {
  int32_t best = -1;
  for (int third = 0; third < 3; ++third)
    for (int32_t key = low; key <= std::min(high, below - 1); ++key) {
      if ((key - tonic - pitch(degree, third)) % 12 != 0) continue;
      if (best < 0 || std::abs(key - from) < std::abs(best - from)) best = key;
    }
  return best;
}

std::vector<int> harmonies(Rng& rng) {
  std::vector<int> degrees;
  for (int phrase = 0; phrase < 4; ++phrase) {
    int degree = phrase == 0 ? 0 : degrees.back();
    for (int t = 0; t < 6; ++t) {
      degrees.push_back(degree);
      const std::vector<int>& next = follows[static_cast<size_t>(degree)];
      if (t % 2 == 1 || one_of(2, rng) == 0) degree = next[static_cast<size_t>(one_of(std::ssize(next), rng))];
    }
    degrees.push_back(4);
    degrees.push_back(0);
  }
  return degrees;
}

}  // namespace

data::Piece made_chorale(Rng& rng) {
  const auto tonic = static_cast<int>(one_of(12, rng));
  std::array<int32_t, 3> voices = {72, 65, 58};  // soprano, alto, tenor
  data::Piece piece;
  for (const int degree : harmonies(rng)) {
    int32_t below = 128;
    data::Chord chord;
    const std::array<int32_t, 3> lows = {62, 55, 49}, highs = {79, 74, 67};
    for (size_t v = 0; v < 3; ++v) {
      const int32_t wish = voices[v] + (v == 0 ? static_cast<int32_t>(one_of(5, rng)) - 2 : 0);
      const int32_t key = nearest(tonic, degree, wish, lows[v], highs[v], below);
      if (key < 0) continue;
      voices[v] = below = key;
      chord.push_back(key);
    }
    chord.push_back(36 + (tonic + pitch(degree, 0)) % 12);
    std::sort(chord.begin(), chord.end());
    chord.erase(std::unique(chord.begin(), chord.end()), chord.end());
    piece.push_back(std::move(chord));
  }
  return piece;
}

double share_of_triads(const data::Piece& piece) {
  int64_t triads = 0;
  for (const data::Chord& chord : piece) {
    bool found = false;
    for (int root = 0; root < 12 && !found; ++root)
      for (const int third : {3, 4})
        found = found || (chord.size() >= 3 && std::all_of(chord.begin(), chord.end(), [&](int32_t key) {
                            const int at = (key + 12 - root) % 12;
                            return at == 0 || at == third || at == 7;
                          }));
    triads += found;
  }
  return piece.empty() ? 0 : static_cast<double>(triads) / static_cast<double>(piece.size());
}

}  // namespace grus::tasks::compose
