#include "parallel/world.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <string_view>
#include <thread>

#include "core/base/error.h"
#include "core/base/printable.h"
#include "core/device/modules.h"
#include "parallel/lifeline.h"

namespace grus::parallel {
namespace {

constexpr const char* module_file = "libgrus-mpi.so";

thread_local Communicator* ranks_of_thread = nullptr;

struct Launcher {
  const char *size, *rank, *local_size;
};
// Open MPI's mpirun; MPICH's and Intel's; Slurm's srun, whose numbers are those of the step.
constexpr Launcher launchers[] = {
    {"OMPI_COMM_WORLD_SIZE", "OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_LOCAL_SIZE"},
    {"PMI_SIZE", "PMI_RANK", "MPI_LOCALNRANKS"},
    {"SLURM_STEP_NUM_TASKS", "SLURM_PROCID", "SLURM_STEP_TASKS_PER_NODE"},
};

std::optional<int> number_of(const char* name) {
  const char* const value = std::getenv(name);
  if (!value) return std::nullopt;
  const std::string_view text = value;
  int number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool list = end != text.data() + text.size() && (*end == '(' || *end == ',');  // Slurm: "4(x2),3"
  require<UsageError>(error == std::errc() && number >= 0 && (end == text.data() + text.size() || list),
                      "[{}] need a number, got '{}'", name, Shown{text});
  return number;
}

// All ranks that lack MPI fail alike, and one of them says so.
bool& without_mpi() {
  static bool without = false;
  return without;
}

std::unique_ptr<Transport> load_transport(const Launch& launch) {
  const auto file = find_module(module_file);
  without_mpi() = true;
  require<DeviceError>(
      file.has_value(),
      "[ranks] need a build with MPI for {} ranks ({}), got one without it: install libopenmpi-dev and "
      "build again with -Dmpi=enabled, or start one process",
      launch.size, launch.by);
  // Libraries of MPI load parts of their own, which look for its symbols.
  const auto symbol =
      reinterpret_cast<decltype(&grus_transport)>(module_symbol(*file, "grus_transport", "ranks", true));
  require<DeviceError>(symbol, "[ranks] need a module that exports grus_transport, got {}", file->string());
  const TransportModule made = symbol();
  require<DeviceError>(made.abi == transport_abi, "[ranks] need a module of ABI {}, got {} of ABI {}", transport_abi,
                       file->string(), made.abi);
  require<DeviceError>(made.transport, "[ranks] need MPI, got: {}", made.problem ? made.problem : "none");
  std::unique_ptr<Transport> transport(made.transport);
  require<DeviceError>(
      transport->size() == launch.size,
      "[ranks] need the {} ranks that {} tells of, got {} of MPI: start this with the mpirun of the MPI "
      "that {} is linked to, or with srun --mpi=pmix or --mpi=pmi2",
      launch.size, launch.by, transport->size(), file->string());
  return transport;
}

// Until ranks are connected only a launcher sees that one is gone, and not every launcher minds.
class StartWatch {
 public:
  explicit StartWatch(const Launch& launch) : thread_([this, launch] { watch(launch); }) {}
  ~StartWatch() {
    {
      const std::lock_guard lock(mutex_);
      started_ = true;
    }
    changed_.notify_one();
    thread_.join();
  }
  StartWatch(const StartWatch&) = delete;
  StartWatch& operator=(const StartWatch&) = delete;

 private:
  void watch(const Launch& launch) {
    constexpr std::chrono::seconds most(60);
    std::unique_lock lock(mutex_);
    if (changed_.wait_for(lock, most, [this] { return started_; })) return;
    if (launch.rank == 0)
      fmt::print(stderr, "{}: [ranks] need all {} ranks within {} s, got no word from some\n",
                 program_invocation_short_name, launch.size, most.count());
    ::_exit(1);
  }
  std::mutex mutex_;
  std::condition_variable changed_;
  bool started_ = false;
  std::thread thread_;
};

class World {
 public:
  World() {
    const std::optional<Launch> launch = launched();
    if (!launch || launch->size < 2) return;
    const StartWatch watch(*launch);
    ranks_ = std::make_unique<Communicator>(load_transport(*launch));
    ranks_->find_neighbours(host_name());
    lifeline_ = std::make_unique<Lifeline>(*ranks_);
    ranks_->on_wait([this] { lifeline_->require_all(); });
  }
  // MPI is finished only where all ranks come here: else its end would wait for those that are gone.
  ~World() {
    if (!lifeline_ || lifeline_->failed()) return;
    try {
      ranks_->finish();
    } catch (const std::exception& error) {
      if (lifeline_->end_with(error.what())) (void)!::write(STDERR_FILENO, "an end without all ranks\n", 25);
    }
  }
  World(const World&) = delete;
  World& operator=(const World&) = delete;

  Communicator& ranks() { return *ranks_; }
  Lifeline* lifeline() { return lifeline_.get(); }

 private:
  std::unique_ptr<Communicator> ranks_ = std::make_unique<Communicator>();
  std::unique_ptr<Lifeline> lifeline_;
};

std::unique_ptr<World>& made_world() {
  static std::unique_ptr<World> world;
  return world;
}

}  // namespace

std::optional<Launch> launched() {
  for (const Launcher& launcher : launchers) {
    const std::optional<int> size = number_of(launcher.size), rank = number_of(launcher.rank);
    if (!size || !rank) continue;
    return Launch{*rank, *size, number_of(launcher.local_size).value_or(1), launcher.size};
  }
  return std::nullopt;
}

ThreadWorld::ThreadWorld(Communicator& ranks) { ranks_of_thread = &ranks; }
ThreadWorld::~ThreadWorld() { ranks_of_thread = nullptr; }
bool is_rank_thread() { return ranks_of_thread != nullptr; }

Communicator& world() {
  if (ranks_of_thread) return *ranks_of_thread;
  std::unique_ptr<World>& world = made_world();
  if (!world) world = std::make_unique<World>();
  return world->ranks();
}

bool ends_with(const std::string& error) {
  if (const std::unique_ptr<World>& world = made_world(); world && world->lifeline())
    return world->lifeline()->end_with(error);
  return !without_mpi() || launched()->rank == 0;
}

}  // namespace grus::parallel
