#pragma once
// Where the program runs.
#include <cstdint>
#include <string>
#include <string_view>

#include "core/device/precision.h"

namespace grus::seq2seq {

/// Sets the device of new tensors, the number of threads (0: as it is) and what products multiply.
/// Throws UsageError for bf16 on a device that has none.
void use_machine(std::string_view device, int64_t threads, Precision precision = Precision::f32);
int threads_in_use();
/// What the device says of itself.
std::string device_text();
/// The processor's name, or "".
std::string cpu_name();
/// "2026-01-02", UTC.
std::string today();
extern const char* const version;
/// "Grus 0.1.0 ..." with the kernels that run here.
std::string version_text();

}  // namespace grus::seq2seq
