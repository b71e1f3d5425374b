// Loops over independent rows, with a thread for each part: threads meet once a loop, not at every kernel call in it.
#include <atomic>

#include "core/backends/cpu/entries.h"
#include "core/base/thread_pool.h"

namespace grus::cpu {
namespace {

// Every part reads all weights, so it should have the rows of a register tile to use them on.
constexpr int64_t rows_per_part = 12;

/// Returns one part for each thread, or a single part that has all threads in its kernels: fewer parts than threads
/// would leave some idle.
int parts_of(const PartsArgs& args) {
  const int threads = threads_here();
  return args.rows >= threads * rows_per_part && args.most >= threads ? threads : 1;
}

}  // namespace

Status run_parts(Context*, const PartsArgs& args) {
  const int parts = parts_of(args);
  std::atomic<Status> result{Status::ok};
  run_tasks(parts, [&](int part) {
    if (const Status status = args.run(args.loop, part, parts); status != Status::ok) result = status;
  });
  return result;
}

}  // namespace grus::cpu
