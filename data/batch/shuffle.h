#pragma once
// A shuffle that gives the same order on every machine and with every library; std::shuffle does not promise that.
#include <cstddef>
#include <utility>
#include <vector>

#include "core/base/split_mix.h"

namespace grus::data {

using grus::SplitMix;

/// Returns a seed for one of the things that a seed stands for; others have seeds independent of it.
inline uint64_t derived_seed(uint64_t seed, uint64_t which) { return SplitMix(seed, which).next(); }

/// Shuffles by Fisher and Yates.
template <class T>
void shuffle(std::vector<T>& items, SplitMix& random) {
  for (size_t i = items.size(); i > 1; --i) std::swap(items[i - 1], items[static_cast<size_t>(random.below(i))]);
}

}  // namespace grus::data
