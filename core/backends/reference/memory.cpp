// Host memory of the reference backend.
#include <cstdlib>
#include <cstring>

#include "core/backends/reference/reference.h"

namespace grus::reference {

std::string& error_message() {
  thread_local std::string message;
  return message;
}

void allocate(size_t bytes, DeviceBuffer* buffer) {
  constexpr size_t alignment = 64;  // a cache line, and the widest vector
  const size_t rounded = bytes == 0 ? alignment : (bytes + alignment - 1) / alignment * alignment;
  void* memory = rounded < bytes ? nullptr : std::aligned_alloc(alignment, rounded);
  if (!memory) throw std::bad_alloc();
  *buffer = {memory, bytes, 0, nullptr, 0};
}

void release(DeviceBuffer* buffer) {
  std::free(buffer->handle);
  buffer->handle = nullptr;
}

void drop_derived(DeviceBuffer*) {}  // this backend derives nothing

void upload(DeviceBuffer* to, size_t byte_offset, const void* from, size_t bytes) {
  if (bytes > 0) std::memcpy(static_cast<char*>(to->handle) + byte_offset, from, bytes);
}

void download(void* to, const DeviceBuffer* from, size_t byte_offset, size_t bytes) {
  if (bytes > 0) std::memcpy(to, static_cast<const char*>(from->handle) + byte_offset, bytes);
}

}  // namespace grus::reference
