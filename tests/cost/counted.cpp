#include "tests/cost/counted.h"

#include <cstdlib>
#include <new>

namespace grus::bench {
int64_t heap_requests = 0;
}

using grus::bench::heap_requests;

void* operator new(size_t bytes) {
  ++heap_requests;
  if (void* place = std::malloc(bytes ? bytes : 1)) return place;
  throw std::bad_alloc();
}
void* operator new(size_t bytes, const std::nothrow_t&) noexcept {
  ++heap_requests;
  return std::malloc(bytes ? bytes : 1);
}
void operator delete(void* place) noexcept { std::free(place); }
void operator delete(void* place, size_t) noexcept { std::free(place); }
