#pragma once
// Options as config.json holds them: an object of flags.
#include <nlohmann/json_fwd.hpp>
#include <string_view>

#include "seq2seq/options.h"

namespace grus::seq2seq {

/// What a file of options may hold.
inline constexpr size_t most_config_bytes = 1 << 24;
nlohmann::json to_json(const TrainOptions& options);
/// Sets what the object names. Throws DataError naming `file` and the member for unknown ones and bad values.
void apply_json(TrainOptions& options, const nlohmann::json& json, std::string_view file);

}  // namespace grus::seq2seq
