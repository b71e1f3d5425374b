#pragma once
// Repeats in a sequence, such as the time steps of a recurrence that is composed of plain ops.
#include <cstddef>
#include <span>
#include <vector>

namespace grus {

/// A piece of a sequence is one element (times 1, no body), or `times` repeats of `body`. The body's positions are
/// those of the first repeat.
struct Fold {
  size_t begin;
  size_t length = 1;  // length of one repeat
  size_t times = 1;
  std::vector<Fold> body;
};

/// Folds every run that comes at least three times in a row. Equal keys mean elements that look alike.
std::vector<Fold> fold_repeats(std::span<const size_t> keys);

}  // namespace grus
