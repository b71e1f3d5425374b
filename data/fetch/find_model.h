#pragma once
// Models by name: an index says where they are, and a folder of this machine keeps them.
//   data::set_model_index("https://example.org/models/index.json");   // or GRUS_MODEL_INDEX of the environment
//   const seq2seq::Translator french("demo-en-fr");
// What was fetched stands in XDG_CACHE_HOME/grus/models, or HOME/.cache/grus/models, and may be removed at any time.
// Sources: find_model.cpp, find_model_absent.cpp.
#include <filesystem>
#include <string>
#include <vector>

#include "data/fetch/model_index.h"

namespace grus::data {

/// Chooses the index, a path or an address; an empty text leaves it to GRUS_MODEL_INDEX. It holds for the process, and
/// is set before threads look for models.
void set_model_index(const std::string& path_or_address);

/// Returns where a model stands (core/base/replaced_model.h) if the text is a path or cannot be a name; else the path
/// of the pack that the index calls so, fetched once with the index's size and SHA-256, and used offline then. An index
/// from elsewhere is asked for again after a day. Throws DataError for an unknown name and for other bytes than the
/// index promised, Error for a full disk; a fetch that fails or is killed leaves nothing behind.
std::filesystem::path find_model(const std::string& path_or_name);

/// Returns what the index has. Throws UsageError without an index, else as find_model does.
std::vector<ModelEntry> list_models();

}  // namespace grus::data
