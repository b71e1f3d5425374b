#include "core/device/threads.h"

#include "core/backends/cpu/pool.h"
#include "core/base/error.h"

namespace grus {

int num_threads() { return cpu::pool_threads(); }

void set_num_threads(int threads) {
  require<UsageError>(threads >= 1 && threads <= cpu::max_pool_threads, "[threads] need 1 to {} threads, got {}",
                      cpu::max_pool_threads, threads);
  require<UsageError>(!cpu::in_task(), "[threads] need to be outside of a part (in_parts) to set their number");
  cpu::set_pool_threads(threads);
}

}  // namespace grus
