#pragma once
// JSON as a flat list of names and values.
#include <nlohmann/json_fwd.hpp>

#include "report/page.h"

namespace grus::report {

/// Returns a configuration flattened: {"a": {"b": 1}} gives ("a.b", "1").
Facts facts_of_json(const nlohmann::json& json);

}  // namespace grus::report
