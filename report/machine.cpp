#include "report/machine.h"

#include <ctime>
#include <fstream>

#include "core/device/device.h"

namespace grus::report {
namespace {

std::string formatted_time(const char* format) {
  const std::time_t now = std::time(nullptr);
  std::tm parts{};
  gmtime_r(&now, &parts);
  char text[64];
  return {text, std::strftime(text, sizeof text, format, &parts)};
}

}  // namespace

std::string cpu_name() {
  std::ifstream file("/proc/cpuinfo");
  for (std::string line; std::getline(file, line);)
    if (line.starts_with("model name")) return line.substr(line.find(':') + 2);
  return "";
}

std::string device_text() {
  const Device device = default_device();
  return device.kernels().describe(device.context());
}

std::string today() { return formatted_time("%Y-%m-%d"); }
std::string time_text() { return formatted_time("%Y-%m-%d %H:%M:%S UTC"); }

}  // namespace grus::report
