#include "core/backends/cpu/kernel_choice.h"

#include "core/backends/cpu/cpu_info.h"
#include "core/base/use_only.h"

namespace grus::cpu {
namespace {

const FollowedChoice& followed() {
  static const FollowedChoice followed = [] {
    if constexpr (use_only) return FollowedChoice{ruled_choice()};  // starts in milliseconds, and writes nothing
    else return follow_environment();
  }();
  return followed;
}

}  // namespace

std::vector<const TileKernels*> kernels_of(Precision precision) {
  const bool bf16 = precision == Precision::bf16;
  std::vector<const TileKernels*> all;
  const auto add = [&all](const TileKernels* kernels) {
    if (kernels) all.push_back(kernels);
  };
  add(amx_tile_kernels(precision));
  add(bf16 ? bf16_tile_kernels() : vnni_tile_kernels());
  const TileKernels& simd = bf16 ? widened_tile_kernels() : int8_tile_kernels();
  const bool slow_instruction = bf16 && bf16_tile_kernels() && !prefers_bf16_instruction();
  all.insert(slow_instruction ? all.end() - 1 : all.end(), &simd);
  return all;
}

KernelChoice ruled_choice() { return {kernels_of(Precision::bf16).front(), kernels_of(Precision::int8).front()}; }

const KernelChoice& kernel_choice() { return followed().choice; }

const F32Choice& f32_choice() {
  static const F32Choice choice = [] {
    if constexpr (use_only) return F32Choice{};
    else return is_choice_named() ? kernel_choice().f32 : F32Choice{};
  }();
  return choice;
}

const std::string& kernel_choice_error() { return followed().error; }

}  // namespace grus::cpu
