#include "examples/support/machine.h"

#include <fmt/format.h>

#include "core/base/error.h"
#include "core/base/threads.h"
#include "core/base/version.h"
#include "core/device/device.h"
#include "core/device/precision.h"
#include "report/machine.h"

namespace grus {

void use_machine(std::string_view device, int64_t threads, Precision precision) {
  require<UsageError>(precision != Precision::bf16 || device.starts_with("cpu") || device.starts_with("cuda"),
                      "--precision: need f32 on device {}, got bf16", device);
  set_product_precision(precision);
  if (threads > 0) set_num_threads(static_cast<int>(threads));
  set_default_device(Device(device));
}

std::string version_text() { return fmt::format("Grus {}\n{}", version, report::device_text()); }

}  // namespace grus
