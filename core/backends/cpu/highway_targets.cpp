// What Highway's own library does at run time, for programs that are linked without it: the choice of the instruction
// set among those that are compiled.
#include "core/backends/cpu/cpu_info.h"
#include "core/backends/cpu/simd_targets.h"

#include <hwy/targets.h>

namespace hwy {
namespace {

int64_t disabled = 0;

int64_t usable() {
#if defined(__x86_64__)
  switch (grus::cpu::isa()) {
    case grus::cpu::Isa::baseline:
      return 0;
    case grus::cpu::Isa::avx2:
      return HWY_AVX2;
    default:
      return HWY_AVX3 | HWY_AVX2;
  }
#else
  return HWY_STATIC_TARGET;
#endif
}

}  // namespace

int64_t SupportedTargets() { return (usable() & ~disabled) | HWY_STATIC_TARGET; }

void DisableTargets(int64_t targets) { disabled = targets; }

ChosenTarget& GetChosenTarget() {
  static ChosenTarget chosen;
  return chosen;
}

}  // namespace hwy
