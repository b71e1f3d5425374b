#pragma once
// A run's progress as JSON.
#include <cstdint>
#include <limits>

#include "core/base/json.h"
#include "training/progress.h"

namespace grus::training {

/// The upper limit of counts that have none.
constexpr int64_t any_count = std::numeric_limits<int64_t>::max();

nlohmann::json to_json(const Progress& progress);
/// Every number is within the limits that the loop relies on. Throws DataError.
Progress progress_from(const nlohmann::json& json);

/// Numbers of a state keep their bits: those that JSON has not are texts, "nan", "inf" and "-inf".
nlohmann::json number_to_json(double value);
double number_from(const nlohmann::json& json, const std::string& name);

nlohmann::json to_json(const Identity& identity);
/// Throws UsageError at the first value that is another one than the state's.
void require_same(const nlohmann::json& saved, const Identity& identity);

}  // namespace grus::training
