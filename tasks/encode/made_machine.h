#pragma once
// A series with planted faults that is made by rule, for a demonstration without data.
#include <cstdint>
#include <string>

namespace grus::tasks::encode {

/// Returns a machine's readings as CSV: a column of dates, two of readings, one that says where faults were planted.
///   load: a day of two humps, each day as strong as chance has it, and noise; heat follows it slowly. Faults: the load
///   jumps by 25; repeats its last reading; is 12 higher; runs through its day twice as fast; the heat loses the load.
std::string machine_with_faults(uint64_t seed);

}  // namespace grus::tasks::encode
