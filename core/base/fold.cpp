#include "core/base/fold.h"

namespace grus {
namespace {

constexpr size_t longest_period = 256, least_times = 3;

size_t times_repeated(std::span<const size_t> keys, size_t begin, size_t period, size_t end) {
  size_t equal = 0;
  while (begin + period + equal < end && keys[begin + equal] == keys[begin + period + equal]) ++equal;
  return 1 + equal / period;
}

std::vector<Fold> fold(std::span<const size_t> keys, size_t begin, size_t end) {
  std::vector<Fold> pieces;
  while (begin < end) {
    Fold best{begin, 1, 1, {}};
    for (size_t period = 1; period <= longest_period && begin + least_times * period <= end; ++period) {
      if (keys[begin] != keys[begin + period]) continue;
      const size_t times = times_repeated(keys, begin, period, end);
      if (times >= least_times && times * period > best.times * best.length) best = {begin, period, times, {}};
    }
    if (best.times > 1) best.body = fold(keys, begin, begin + best.length);
    begin += best.length * best.times;
    pieces.push_back(std::move(best));
  }
  return pieces;
}

}  // namespace

std::vector<Fold> fold_repeats(std::span<const size_t> keys) { return fold(keys, 0, keys.size()); }

}  // namespace grus
