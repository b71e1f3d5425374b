#include "tests/support/choices.h"

#include <algorithm>

namespace grus::test {

int64_t Choices::in(int64_t low, int64_t high) {
  const uint64_t range = static_cast<uint64_t>(high - low);
  uint64_t choice = 0;
  if (!replays_) choice = engine_() % (range + 1);
  else if (made_.size() < replayed_.size()) choice = std::min(replayed_[made_.size()], range);
  made_.push_back(choice);
  return low + static_cast<int64_t>(choice);
}

std::vector<std::vector<uint64_t>> smaller(const std::vector<uint64_t>& choices) {
  std::vector<std::vector<uint64_t>> result;
  for (size_t i = 0; i < choices.size(); ++i) {
    std::vector<uint64_t> shorter = choices;
    shorter.erase(shorter.begin() + static_cast<std::ptrdiff_t>(i));
    result.push_back(std::move(shorter));
    for (const uint64_t lower : {uint64_t{0}, choices[i] / 2, choices[i] - 1}) {
      if (choices[i] == 0 || lower >= choices[i]) continue;
      result.push_back(choices);
      result.back()[i] = lower;
    }
  }
  return result;
}

}  // namespace grus::test
