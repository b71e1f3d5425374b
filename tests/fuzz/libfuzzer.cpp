// Runs the targets under clang's libFuzzer, which finds its way by the code that an input reaches. GRUS_FUZZ_TARGET
// names one; GRUS_FUZZ_SEEDS is a folder that its seeds are written to before the first run.
#include <fmt/format.h>

#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <optional>

#include "tests/fuzz/target.h"

namespace {

std::optional<grus::fuzz::Target> tried;

}  // namespace

extern "C" int LLVMFuzzerInitialize(int*, char***) {
  const char *name = std::getenv("GRUS_FUZZ_TARGET"), *folder = std::getenv("GRUS_FUZZ_SEEDS");
  for (const grus::fuzz::Target& target : grus::fuzz::targets()) {
    if (!name) fmt::print("{}\n", target.name);
    if (!name || std::string(name) != target.name) continue;
    tried = target;
    int n = 0;
    for (const std::string& seed : target.seeds())
      if (folder) std::ofstream(fmt::format("{}/seed{}", folder, n++), std::ios::binary) << seed;
  }
  if (!tried) std::exit(name ? 2 : 0);
  return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  attempt(*tried, std::string(reinterpret_cast<const char*>(bytes), size));
  return 0;
}
