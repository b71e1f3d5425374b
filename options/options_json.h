#pragma once
// config.json holds options as an object of flags.
#include <nlohmann/json_fwd.hpp>
#include <string_view>

#include "options/option.h"

namespace grus::options {

/// A file of options may have this number of bytes.
inline constexpr size_t most_config_bytes = 1 << 24;
/// Returns the rows that stand in files.
nlohmann::json to_json(const Table& table);
/// Sets the options that the object names; those that belong to a command are checked and left as they are. Throws
/// DataError that names `file` and the member for unknown members and bad values.
void apply_json(const Table& table, const nlohmann::json& json, std::string_view file);
/// Reads the options that a file holds: a model's config.json, or the bare object. Throws DataError.
nlohmann::json read_config(const std::string& file);

}  // namespace grus::options
