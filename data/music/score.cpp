#include "data/music/score.h"

#include <algorithm>

namespace grus::data {

double Score::length() const {
  double end = 0;
  for (const Note& note : notes) end = std::max(end, note.begin + note.length);
  return end;
}

}  // namespace grus::data
