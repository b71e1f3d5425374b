#pragma once
// Hourly readings that are made by rule, for a demonstration without data.
#include <cstdint>
#include <string>

namespace grus::tasks::forecast {

/// Returns twelve weeks of hours as CSV: dates, a load of days and weeks in a slow rise, a heat of days and four weeks,
/// both with noise; three hours of 211 were not measured.
std::string made_load(uint64_t seed);

}  // namespace grus::tasks::forecast
