// grus-devices: lists the devices that programs take as --device or GRUS_DEVICE.
#include <fmt/format.h>

#include <CLI/CLI.hpp>

#include "core/device/devices.h"
#include "examples/support/program.h"

namespace {

int list(int argc, char** argv) {
  CLI::App app("The devices there are: name, hardware, dtypes, and which optional kernels are fused or composed.");
  app.footer(
      "A name serves as --device NAME of every program, or as GRUS_DEVICE.\n"
      "Backends are found in the folders of GRUS_BACKEND_PATH and where Grus was installed.");
  std::string only;
  app.add_option("NAME", only, "just this device; exit 1 when it cannot be used");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  if (!only.empty()) fmt::print("{}", to_string(grus::describe(grus::Device(only))));
  else
    for (const grus::DeviceDescription& device : grus::devices()) fmt::print("{}", to_string(device));
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  return grus::run_program("grus-devices", [&] { return list(argc, argv); });
}
