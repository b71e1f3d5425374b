#pragma once
// The ranks of this process: those that mpirun or srun has started, threads that train together, or it alone.
#include <optional>
#include <string>

#include "parallel/communicator.h"

namespace grus::parallel {

/// What a launcher says in the environment of the processes that it starts.
struct Launch {
  int rank = 0, size = 1;
  int local_size = 1;   // ranks on this host
  std::string by = "";  // the variable that tells the number of ranks
};
/// Returns nothing for a process that was started by itself. Throws UsageError for numbers that are none.
std::optional<Launch> launched();

/// Returns the ranks that train together: on a thread that is a rank (parallel/threads.h) those of its process. The
/// first call elsewhere loads MPI where a launcher has started several processes, and is made by all of them. Throws
/// DeviceError, in one sentence, where this build or this machine has no MPI, and where MPI sees other ranks than the
/// launcher has started.
Communicator& world();

/// While it lives, world() of this thread is `ranks`.
class ThreadWorld {
 public:
  explicit ThreadWorld(Communicator& ranks);
  ~ThreadWorld();
  ThreadWorld(const ThreadWorld&) = delete;
  ThreadWorld& operator=(const ThreadWorld&) = delete;
};
/// Tells whether this thread is a rank of its process.
bool is_rank_thread();

/// Tells the other ranks, if there are any, that this one ends with an error. Returns whether this process is to print
/// it: one of them does.
bool ends_with(const std::string& error);

}  // namespace grus::parallel
