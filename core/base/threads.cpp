#include "core/base/threads.h"

#include "core/base/error.h"
#include "core/base/thread_pool.h"

namespace grus {

int num_threads() { return pool_threads(); }

void set_num_threads(int threads) {
  require<UsageError>(threads >= 1 && threads <= max_threads, "[threads] need 1 to {} threads, got {}", max_threads,
                      threads);
  require<UsageError>(!in_task(), "[threads] need to be outside of a part (in_parts) to set their number");
  set_pool_threads(threads);
}

}  // namespace grus
