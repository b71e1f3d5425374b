#pragma once
// Alignments as JSON, and as lines of files.
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "seq2seq/alignment.h"

namespace grus::seq2seq {

/// Returns {"source": [...], "target": [...], "weights": [[...], ...]}, a row of weights for each target piece.
nlohmann::ordered_json alignment_json(const Alignment& alignment);
/// Returns a line of a file of alignments: "json", the object of alignment_json, or "pharaoh", hard_links.
std::string alignment_line(const Alignment& alignment, std::string_view format);

}  // namespace grus::seq2seq
