#pragma once
// What a report says of the machine and the day.
#include <string>

namespace grus::report {

/// Returns the name of the processor, or "".
std::string cpu_name();
/// Returns the default device's own description.
std::string device_text();
/// Returns the day in UTC: "2026-01-02".
std::string today();
/// Returns the time in UTC: "2026-01-02 15:04:05 UTC".
std::string time_text();

}  // namespace grus::report
