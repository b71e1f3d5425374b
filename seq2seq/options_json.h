#pragma once
// config.json holds options as an object of flags.
#include <nlohmann/json_fwd.hpp>
#include <string_view>

#include "seq2seq/options.h"

namespace grus::seq2seq {

/// A file of options may have this number of bytes.
inline constexpr size_t most_config_bytes = 1 << 24;
nlohmann::json to_json(const TrainOptions& options);
/// Sets the options that the object names. Throws DataError that names `file` and the member for unknown members and
/// bad values.
void apply_json(TrainOptions& options, const nlohmann::json& json, std::string_view file);

}  // namespace grus::seq2seq
