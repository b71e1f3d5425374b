#pragma once
// config.json holds options as an object of flags.
#include <nlohmann/json_fwd.hpp>
#include <string_view>

#include "seq2seq/options.h"

namespace grus::seq2seq {

nlohmann::json to_json(const TrainOptions& options);
/// Sets the options that the object names. Throws as options::apply_json does.
void apply_json(TrainOptions& options, const nlohmann::json& json, std::string_view file);

}  // namespace grus::seq2seq
