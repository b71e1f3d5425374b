// Host memory, aligned for any vector unit.
#include <cstdlib>
#include <cstring>

#include "core/backends/reference/entries.h"

namespace grus::reference {

constexpr size_t alignment = 64;

Status open(int, Context** context) {
  *context = nullptr;  // plain loops need no state
  return Status::ok;
}
void close(Context*) {}
const char* describe(Context*) { return "reference: plain loops on the host, one thread"; }
const char* last_error(Context*) { return "the reference backend does not take this dtype"; }

Status allocate(Context*, size_t bytes, Buffer* buffer) {
  const size_t rounded = (bytes + alignment - 1) / alignment * alignment;
  *buffer = Buffer{std::aligned_alloc(alignment, rounded), rounded, 0, nullptr, 0};
  return buffer->handle ? Status::ok : Status::out_of_memory;
}
void release(Context*, Buffer* buffer) {
  std::free(buffer->handle);
  buffer->handle = nullptr;
}
void drop_derived(Context*, Buffer*) {}

Status upload(Context*, Buffer* to, size_t byte_offset, const void* from, size_t bytes) {
  if (bytes > 0) std::memcpy(static_cast<char*>(to->handle) + byte_offset, from, bytes);
  return Status::ok;
}
Status download(Context*, void* to, const Buffer* from, size_t byte_offset, size_t bytes) {
  if (bytes > 0) std::memcpy(to, static_cast<const char*>(from->handle) + byte_offset, bytes);
  return Status::ok;
}
Status synchronize(Context*) { return Status::ok; }

}  // namespace grus::reference
