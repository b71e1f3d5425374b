#include "core/thread/parts.h"

#include <exception>
#include <mutex>

#include "core/device/precision.h"
#include "core/thread/recording.h"

namespace grus {
namespace {

struct Loop {
  const std::function<void(int, int)>& f;
  const Device default_device;  // the caller's: each thread has one of its own
  const Precision precision;    // the caller's, for products
  std::mutex mutex;
  std::exception_ptr error;  // kept here, as nothing may be thrown through a backend

  Status run(int part, int parts) {
    try {
      const NoGrad unrecorded;
      const PrecisionScope products(precision);
      set_default_device(default_device);
      f(part, parts);
      return Status::ok;
    } catch (...) {
      const std::lock_guard lock(mutex);
      if (!error) error = std::current_exception();
      return Status::failed;
    }
  }
};

}  // namespace

void in_parts(Device device, int64_t rows, int64_t most, const std::function<void(int part, int parts)>& f) {
  Loop loop{f, default_device(), product_precision(), {}, {}};
  const auto run = [](void* self, int part, int parts) { return static_cast<Loop*>(self)->run(part, parts); };
  const auto run_parts = device.kernels().run_parts;
  const Status status = run_parts ? run_parts(device.context(), {rows, most, &loop, run}) : loop.run(0, 1);
  if (loop.error) std::rethrow_exception(loop.error);
  device.check(status, "run_parts");
}

}  // namespace grus
