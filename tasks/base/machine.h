#pragma once
// A program chooses its machine here.
#include <cstdint>
#include <string>
#include <string_view>

#include "core/device/precision.h"

namespace grus {

/// Sets the device of new tensors, the number of threads (0 leaves it as it is) and the precision of products. Throws
/// UsageError for bf16 or int8 on a device that lacks it.
void use_machine(std::string_view device, int64_t threads, Precision precision = Precision::f32);
/// Makes this process one of the ranks of a training where a launcher has started several: others than rank 0 print
/// nothing from here on, and without `threads` ranks share the CPUs of their host. Several ranks without `shards` get
/// 8. Throws as parallel::world() does, UsageError for more ranks than shards.
void join_ranks(int64_t threads, int64_t& shards);
/// Returns "Grus 0.1.0 ..." with the kernels that run here.
std::string version_text();

}  // namespace grus
