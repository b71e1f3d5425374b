// grus-devices: lists the devices that programs take as --device or GRUS_DEVICE.
#include <fmt/format.h>

#include <CLI/CLI.hpp>

#include "core/devices.h"
#include "core/error.h"

int main(int argc, char** argv) {
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
  try {
    if (!only.empty()) fmt::print("{}", to_string(grus::describe(grus::Device(only))));
    else
      for (const grus::DeviceDescription& device : grus::devices()) fmt::print("{}", to_string(device));
  } catch (const grus::Error& error) {
    fmt::print(stderr, "grus-devices: {}\n", error.what());
    return 1;
  }
}
