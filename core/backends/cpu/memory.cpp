// Host memory: small buffers from malloc, large ones from a heap that keeps its pages.
#include "core/backends/cpu/derived.h"
#include "core/backends/cpu/entries.h"
#include "core/backends/cpu/heap.h"

namespace grus::cpu {

Status allocate(Context* context, size_t bytes, DeviceBuffer* buffer) {
  if (bytes < large_buffer) return reference_backend().allocate(context, bytes, buffer);
  void* const memory = shared_heap().allocate(bytes);
  if (!memory) {
    fail_with("out of memory");
    return Status::out_of_memory;
  }
  *buffer = {memory, bytes, 0, nullptr, 0};
  return Status::ok;
}

void release(Context* context, DeviceBuffer* buffer) {
  drop_derived(buffer);
  if (buffer->bytes < large_buffer) return reference_backend().release(context, buffer);
  shared_heap().release(buffer->handle, buffer->bytes);
  buffer->handle = nullptr;
}

void trim(Context*) { shared_heap().trim(); }

}  // namespace grus::cpu
