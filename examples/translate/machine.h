#pragma once
// Where the program runs.
#include <cstdint>
#include <string>
#include <string_view>

namespace grus::translate {

/// Sets the device of new tensors and the number of threads (0: as it is).
void use_machine(std::string_view device, int64_t threads);
int threads_in_use();
/// What the device says of itself.
std::string device_text();
/// The processor's name, or "".
std::string cpu_name();
extern const char* const version;

}  // namespace grus::translate
