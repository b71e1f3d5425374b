// Host memory. Large buffers are mapped one by one: malloc stops doing so once a large one was freed, and from then on
// keeps what is given back between others that still live.
#include <sys/mman.h>

#include "core/backends/cpu/derived.h"
#include "core/backends/cpu/entries.h"

namespace grus::cpu {
namespace {

constexpr size_t large = 1 << 20;  // bytes

}  // namespace

Status allocate(Context* context, size_t bytes, Buffer* buffer) {
  if (bytes < large) return reference_backend().allocate(context, bytes, buffer);
  void* const memory = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) return Status::out_of_memory;
  *buffer = {memory, bytes, 0, nullptr, 0};
  return Status::ok;
}

void release(Context* context, Buffer* buffer) {
  drop_derived(buffer);
  if (buffer->bytes < large) return reference_backend().release(context, buffer);
  munmap(buffer->handle, buffer->bytes);
  buffer->handle = nullptr;
}

}  // namespace grus::cpu
