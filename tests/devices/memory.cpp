// Memory: what is live, limits, and a thousand steps that keep nothing.
#include <doctest/doctest.h>
#include <fmt/format.h>
#include <unistd.h>

#include <fstream>

#include "core/base/error.h"
#include "tests/data/files.h"
#include "tests/devices/translator.h"
#include "tests/support/devices.h"

using namespace grus;
using namespace grus::test;

namespace {

/// Sets a limit for as long as it lives; it is 0 after it.
class Limit {
 public:
  Limit(Device device, size_t bytes) : device_(device) { set_memory_limit(device, bytes); }
  ~Limit() { set_memory_limit(device_, 0); }
  Limit(const Limit&) = delete;

 private:
  Device device_;
};

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool freed_memory_returns = false;  // it is kept in quarantine; leaks are reported at the end
#else
constexpr bool freed_memory_returns = true;
#endif

/// Returns what this process has in memory, a driver's own leaks too.
size_t resident_bytes() {
  size_t all = 0, resident = 0;
  std::ifstream("/proc/self/statm") >> all >> resident;
  return resident * static_cast<size_t>(getpagesize());
}

}  // namespace

TEST_CASE("memory: live and peak are those of the tensors there are") {
  for (const Device& device : every_device()) {
    const size_t before = memory_statistics(device).live;
    reset_peak_memory(device);
    {
      const Tensor a = Tensor::zeros({1024}, DType::f32, device);
      CHECK(memory_statistics(device).live == before + 4096);
      Tensor::zeros({2048}, DType::f32, device);
    }
    CHECK(memory_statistics(device).live == before);
    CHECK(memory_statistics(device).peak == before + 4096 + 8192);
    release_cached_memory(device);
    CHECK(memory_statistics(device).cached == 0);
  }
}

TEST_CASE("memory: over a limit there is one clear error, nothing is lost, and what fits still works") {
  for (const Device& device : every_device()) {
    release_cached_memory(device);
    const size_t before = memory_statistics(device).live, limit = before + 16384;
    const Limit limited(device, limit);
    {
      const Tensor a = Tensor::zeros({2048}, DType::f32, device);
      CHECK(message_of<DeviceError>([&] { Tensor::zeros({4096}, DType::f32, device); }) ==
            fmt::format("[{}] need 16384 bytes of memory, got a limit of {} with {} in use", device, limit,
                        before + 8192));
      CHECK(memory_statistics(device).live == before + 8192);
    }
    CHECK(memory_statistics(device).cached == 8192);
    CHECK(Tensor::ones({4096}, DType::f32, device).to_vector<float>().back() == 1);  // the cache makes room
    CHECK(memory_statistics(device).live == before);
  }
}

TEST_CASE("memory: a training step that fails for want of memory leaves nothing behind, and training goes on") {
  for (const Device& device : every_device()) {
    const OnDevice here(device);
    Training training;
    const Sentences batch = sentences(5, 6, 1);
    training.step(batch);
    const double expected = training.judge(batch);
    const size_t before = memory_statistics(device).live;
    release_cached_memory(device);
    for (const size_t room : {0, 512, 4096, 16384, 32768}) {
      const Limit limited(device, before + room);
      Tape tape;
      CHECK_THROWS_AS(tape.backward(training.model(batch)), DeviceError);
    }
    training.adam.zero_grad();
    CHECK(memory_statistics(device).live == before);
    CHECK(training.judge(batch) == expected);
    training.step(batch);
    CHECK(training.judge(batch) < expected);
  }
}

TEST_CASE("memory: a thousand training steps keep nothing, and ask the backend for nothing after the first") {
  for (const Device& device : every_device()) {
    if (device == Device("reference") && every_device().size() > 1) continue;  // its loops take long
    const OnDevice here(device);
    Training training;
    const auto steps = [&](int count) {
      for (int step = 0; step < count; ++step) {
        training.step(sentences(3, 4, step % 4));
        if (step % 20 == 19) device.synchronize();  // what is queued is no leak
      }
    };
    steps(20);
    device.synchronize();
    const MemoryStatistics before = memory_statistics(device);
    const size_t resident = resident_bytes();
    steps(980);
    device.synchronize();
    const MemoryStatistics after = memory_statistics(device);
    CHECK(after.live == before.live);
    CHECK(after.peak == before.peak);
    CHECK(after.allocations == before.allocations);
    if (freed_memory_returns) CHECK(resident_bytes() < resident + (16 << 20));  // 17 KiB a step would be found
  }
}
