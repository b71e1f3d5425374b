#include "examples/support/devices.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "core/base/error.h"
#include "core/device/device.h"
#include "examples/support/program.h"
#include "parallel/threads.h"
#include "parallel/world.h"
#include "tasks/base/lists.h"

namespace grus::programs {
namespace {

// Standard output without what others than the first rank print. It has no memory of its own, which threads would
// share: what a thread prints passes here on this thread.
class FirstRanksOutput {
 public:
  FirstRanksOutput() : own_(stdout), filter_(::fopencookie(own_, "w", {nullptr, pass_on, nullptr, nullptr})) {
    require<Error>(filter_, "standard output: need a stream for several threads, got none");
    std::setvbuf(filter_, nullptr, _IONBF, 0);
    stdout = filter_;
  }
  ~FirstRanksOutput() {
    stdout = own_;
    std::fclose(filter_);
  }
  FirstRanksOutput(const FirstRanksOutput&) = delete;
  FirstRanksOutput& operator=(const FirstRanksOutput&) = delete;

 private:
  static ssize_t pass_on(void* to, const char* text, size_t size) {
    if (parallel::is_rank_thread() && !parallel::world().leads()) return static_cast<ssize_t>(size);
    auto* const file = static_cast<std::FILE*>(to);
    const size_t written = std::fwrite(text, 1, size, file);
    return std::fflush(file) == 0 ? static_cast<ssize_t>(written) : 0;
  }
  std::FILE* const own_;
  std::FILE* const filter_;
};

std::vector<Device> devices_of(const std::string& list) {
  std::vector<Device> devices;
  for (const std::string& name : tasks::comma_list(list)) {
    require<UsageError>(!name.empty(),
                        "--devices: need names of devices with commas, as in opencl:0,opencl:1, got '{}'", list);
    const Device device(name);
    require<UsageError>(std::find(devices.begin(), devices.end(), device) == devices.end(),
                        "--devices: need each device once, got {} twice", device);
    devices.push_back(device);
  }
  require<UsageError>(devices.size() > 1, "--devices: need two devices or more, got {}; --device takes one", list);
  return devices;
}

}  // namespace

int on_devices(const std::string& list, const std::string& device,
               const std::function<int(const std::string& device, bool differ)>& train) {
  const std::optional<parallel::Launch> launch = parallel::launched();
  require<UsageError>(!launch || launch->size == 1,
                      "--devices: need one process for several devices, got {} ranks of a launcher: give each rank its "
                      "--device",
                      launch ? launch->size : 1);
  require<UsageError>(device == initial_device_name(), "--device: need --devices alone, got {} as well", device);
  const std::vector<Device> devices = devices_of(list);
  std::set<std::string> kinds;
  for (const Device& one : devices) kinds.insert(one.name().substr(0, one.name().find(':')));
  const bool differ = kinds.size() > 1;
  if (differ)
    complain("note: devices of several kinds round differently: each updates its part of the weights for all");
  int code = 0;
  const FirstRanksOutput output;
  parallel::run_on_threads(static_cast<int>(devices.size()), [&](parallel::Communicator& ranks) {
    const int own = train(devices[static_cast<size_t>(ranks.rank())].name(), differ);
    if (ranks.leads()) code = own;
  });
  return code;
}

}  // namespace grus::programs
