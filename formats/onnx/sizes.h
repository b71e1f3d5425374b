#pragma once
// Integers as functions of the sizes that vary. Internal to formats/onnx.
#include <optional>

#include "formats/onnx/recordings.h"

namespace grus::formats {

/// An Amount is (factor * product of symbols + add) / divisor, rounded down. Without symbols it is `add`.
struct Amount {
  std::vector<int> symbols = {};
  int64_t factor = 1, add = 0, divisor = 1;
  bool constant() const { return symbols.empty(); }
};

/// Returns the simplest amount that was `values` in the recordings, or nothing.
std::optional<Amount> amount_of(const std::vector<int64_t>& values, const std::vector<Symbol>& symbols);

}  // namespace grus::formats
