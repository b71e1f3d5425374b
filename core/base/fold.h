#pragma once
// Repeats in a sequence: the time steps of a recurrence that is composed of plain ops.
#include <cstddef>
#include <span>
#include <vector>

namespace grus {

/// A piece of a sequence: one element (times 1, no body), or `times` repeats of `body`, whose positions are those of
/// the first repeat.
struct Fold {
  size_t begin;
  size_t length = 1;  // of one repeat
  size_t times = 1;
  std::vector<Fold> body;
};

/// Folds what comes at least three times in a row. Equal keys mean elements that look the same.
std::vector<Fold> fold_repeats(std::span<const size_t> keys);

}  // namespace grus
