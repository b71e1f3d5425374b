#pragma once
// An index names models that can be fetched. It is JSON:
//   {"format": "grus models", "version": 1,
//    "models": [{"name": "demo-en-fr", "file": "demo-en-fr.grus", "bytes": 812345, "sha256": "9f86...",
//                "about": "English to French, 2,400 sentences", "card": "demo-en-fr.md"}, ...]}
// "file" and "card" stand beside the index, or are addresses; "about" and "card" may be missing.
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace grus::data {

struct ModelEntry {
  std::string name, file, sha256, about, card;  // file and card: paths or addresses, or no card
  uint64_t bytes = 0;
};

/// Tells whether a text can be a model's name: at most 64 letters, digits, dots, hyphens and underlines, of which the
/// first is a letter or digit.
bool is_model_name(std::string_view text);

/// Reads an index that came from `origin`, a path or an address. Throws DataError, naming origin and entry, for names
/// that are none or come twice, for files above the index, for addresses that are not of http or https (an index on
/// this machine may say file:), and for sums and sizes that cannot be.
std::vector<ModelEntry> read_model_index(std::string_view text, const std::string& origin);

/// Returns the model of this name. Throws DataError that lists the names most like it.
const ModelEntry& entry_of(const std::vector<ModelEntry>& models, const std::string& name, const std::string& origin);

}  // namespace grus::data
