#pragma once
#include <nlohmann/json.hpp>

#include "seq2seq/alignment.h"

namespace grus::translate {

/// Returns {"source": [...], "target": [...], "weights": [[...], ...]}, a row of weights for each target piece.
inline nlohmann::ordered_json alignment_json(const seq2seq::Alignment& alignment) {
  const size_t width = alignment.source.size();
  nlohmann::ordered_json rows = nlohmann::ordered_json::array();
  for (size_t t = 0; t < alignment.target.size(); ++t) {
    const float* row = alignment.weights.data() + t * width;
    rows.push_back(std::vector<float>(row, row + width));
  }
  return {{"source", alignment.source}, {"target", alignment.target}, {"weights", rows}};
}

}  // namespace grus::translate
