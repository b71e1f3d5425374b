#pragma once
// The reference backend: every kernel as plain loops over host memory, one file per family. It is the specification
// that other backends are tested against. Kernels throw (DtypeError for types they are not made for); entry() below
// turns that into a Status at the boundary.
// Sources: attention.cpp, cross_entropy.cpp, ctc.cpp, dot_attention.cpp, elements.cpp, gemm.cpp, gru.cpp, index.cpp,
// linear_recurrence.cpp, lstm.cpp, memory.cpp, norm.cpp, optimizer.cpp, random.cpp, reduce.cpp, softmax.cpp, table.cpp.
#include <new>
#include <string>

#include "core/backends/backends.h"
#include "core/base/error.h"
#include "core/device/kernels.h"

namespace grus::reference {

void allocate(size_t bytes, DeviceBuffer* buffer);  // 64-byte aligned; handle is the host pointer
void release(DeviceBuffer* buffer);
void drop_derived(DeviceBuffer* buffer);
void upload(DeviceBuffer* to, size_t byte_offset, const void* from, size_t bytes);
void download(void* to, const DeviceBuffer* from, size_t byte_offset, size_t bytes);

#define GRUS_DEVICE_ENTRY(...)
#define GRUS_KERNEL(need, name, arguments, ...) void name arguments;
#define GRUS_LOOP_ENTRY(...)
#include "core/device/kernels.def"

/// Computes sequence b of `ctc`; sequences are independent.
void ctc_sequence(const CtcArgs& args, int64_t b);

/// Keeps the message of this thread's last failure, for KernelTable::last_error.
std::string& error_message();

/// Makes a table entry that calls `kernel` and turns what it throws into a Status and a message.
template <auto kernel, class... Args>
Status entry(Context*, Args... args) {
  try {
    kernel(args...);
    return Status::ok;
  } catch (const std::bad_alloc&) {
    error_message() = "out of memory";
    return Status::out_of_memory;
  } catch (const DtypeError& error) {
    error_message() = error.what();
    return Status::unsupported;
  } catch (const std::exception& error) {
    error_message() = error.what();
    return Status::failed;
  }
}

}  // namespace grus::reference
