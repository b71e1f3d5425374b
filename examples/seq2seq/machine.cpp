#include "examples/seq2seq/machine.h"

#include <fmt/format.h>

#include <ctime>
#include <fstream>

#include "core/base/error.h"
#include "core/base/threads.h"
#include "core/device/device.h"
#include "core/device/precision.h"

namespace grus::seq2seq {

const char* const version = GRUS_VERSION;

void use_machine(std::string_view device, int64_t threads, Precision precision) {
  require<UsageError>(precision != Precision::bf16 || device.starts_with("cpu") || device.starts_with("cuda"),
                      "--precision: need f32 on device {}, got bf16", device);
  set_product_precision(precision);
  if (threads > 0) set_num_threads(static_cast<int>(threads));
  set_default_device(Device(device));
}

int threads_in_use() { return num_threads(); }

std::string device_text() {
  const Device device = default_device();
  return device.kernels().describe(device.context());
}

std::string today() {
  const std::time_t now = std::time(nullptr);
  char text[32];
  std::strftime(text, sizeof text, "%Y-%m-%d", std::gmtime(&now));
  return text;
}

std::string version_text() { return fmt::format("Grus {}\n{}", version, device_text()); }

std::string cpu_name() {
  std::ifstream file("/proc/cpuinfo");
  for (std::string line; std::getline(file, line);)
    if (line.starts_with("model name")) return line.substr(line.find(':') + 2);
  return "";
}

}  // namespace grus::seq2seq
