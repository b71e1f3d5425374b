#pragma once
// The entries of the cpu backend's table, one file per family. What an entry does not speed up it hands to the
// reference backend.
// Sources: attention.cpp, copy.cpp (copy, fill, compare, select), cpu.cpp (the table), cross_entropy.cpp, ctc.cpp,
// dot_attention.cpp, dot_attention_backward.cpp, elementwise.cpp, gemm.cpp, gru.cpp, index.cpp (rows, top_k,
// arg_reduce), linear_recurrence.cpp, lstm.cpp, memory.cpp, norm.cpp, optimizer.cpp, parts.cpp, random.cpp, reduce.cpp,
// softmax.cpp, sort.cpp.
#include <string>

#include "core/backends/backends.h"
#include "core/base/use_only.h"
#include "core/device/kernels.h"

namespace grus::cpu {

/// Returns the host memory of a view or matrix of any dtype.
template <class T, class Place>
T* data(const Place& place) {
  return static_cast<T*>(place.buffer->handle) + place.offset;
}

/// Keeps the message for last_error and returns Status::failed.
Status fail_with(std::string message);

Status allocate(Context* context, size_t bytes, DeviceBuffer* buffer);
void release(Context* context, DeviceBuffer* buffer);
void trim(Context* context);
/// Bytes from which the heap keeps a buffer. A build for use starts sooner where its weights lie in huge pages.
inline constexpr size_t large_buffer = size_t{1} << (use_only ? 16 : 20);

// Every kernel of the contract is declared here, and the loops that threads share.
#define GRUS_DEVICE_ENTRY(...)
#define GRUS_KERNEL(need, name, arguments, ...) Status name GRUS_WITH_CONTEXT arguments;
#define GRUS_LOOP_ENTRY(name, arguments) Status name GRUS_WITH_CONTEXT arguments;
#include "core/device/kernels.def"

}  // namespace grus::cpu
