#include "core/base/mutex.h"

namespace grus {

void Mutex::lock_contended() {
  while (state_.exchange(waited_for, std::memory_order_acquire) != open)
    state_.wait(waited_for, std::memory_order_relaxed);
}

}  // namespace grus
