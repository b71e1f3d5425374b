// In the place of thread_pool.cpp, where there are no threads: the caller runs every task.
#include <utility>

#include "core/base/thread_pool.h"

namespace grus {
namespace {

bool inside_task = false;

}  // namespace

int pool_threads() { return 1; }
bool in_task() { return inside_task; }
int threads_here() { return 1; }
void set_pool_threads(int) {}

void run_tasks(int tasks, TaskFunction function, void* argument) {
  const bool nested = std::exchange(inside_task, inside_task || tasks > 1);
  for (int task = 0; task < tasks; ++task) function(argument, task);
  inside_task = nested;
}

}  // namespace grus
