#include "tasks/base/machine.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>

#include "core/base/error.h"
#include "core/base/threads.h"
#include "core/base/use_only.h"
#include "core/base/version.h"
#include "core/device/device.h"
#include "core/device/precision.h"
#include "parallel/world.h"
#include "report/machine.h"
#include "training/ranks.h"

namespace grus {

void use_machine(std::string_view device, int64_t threads, Precision precision) {
  require<UsageError>(precision == Precision::f32 || device.starts_with("cpu") ||
                          (precision != Precision::int8 && device.starts_with("cuda")),
                      "--precision: need f32{} on device {}, got {}", device.starts_with("cuda") ? ", bf16 or f16" : "",
                      device, name_of(precision));
  require<UsageError>(!use_only || precision != Precision::f16, "--precision: need f32, bf16 or int8, got f16");
  set_product_precision(precision);
  if (threads > 0) set_num_threads(static_cast<int>(threads));
  set_default_device(Device(device));
}

void join_ranks(int64_t threads, int64_t& shards) {
  parallel::Communicator& ranks = parallel::world();
  if (!ranks.several()) return;
  if (shards == 0) shards = training::default_shards;
  require<UsageError>(ranks.size() <= shards, "--shards: need at least as many as the {} ranks, got {}", ranks.size(),
                      shards);
  if (parallel::is_rank_thread()) return;  // the output and the CPUs of all are those of the process
  if (!ranks.leads()) {
    const int nowhere = ::open("/dev/null", O_WRONLY | O_CLOEXEC);
    if (nowhere >= 0) ::dup2(nowhere, STDOUT_FILENO);
  }
  const char* const given = std::getenv("GRUS_NUM_THREADS");
  if (threads > 0 || (given && *given)) return;
  const auto cpus = static_cast<int>(::sysconf(_SC_NPROCESSORS_ONLN));
  set_num_threads(std::max(1, std::min(num_threads(), cpus / std::max(1, parallel::launched()->local_size))));
}

std::string version_text() { return fmt::format("Grus {}\n{}", version, report::device_text()); }

}  // namespace grus
