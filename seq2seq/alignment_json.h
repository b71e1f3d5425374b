#pragma once
// Alignments as JSON.
// Sources: alignment.cpp.
#include <nlohmann/json.hpp>

#include "seq2seq/alignment.h"

namespace grus::seq2seq {

/// Returns {"source": [...], "target": [...], "weights": [[...], ...]}, a row of weights for each target piece.
nlohmann::ordered_json alignment_json(const Alignment& alignment);

}  // namespace grus::seq2seq
