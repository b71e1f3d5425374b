#include "core/backends/cpu/cpu_info.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <optional>
#include <string_view>

#if defined(__x86_64__)
#include <cpuid.h>
#endif
#if defined(__linux__)
#include <sys/syscall.h>
#include <unistd.h>
#endif

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "core/backends/cpu/cpu_info.cpp"
#include "core/backends/cpu/simd_targets.h"

#include <hwy/foreach_target.h>  // keep before highway.h

#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace grus::cpu::HWY_NAMESPACE {
const char* target_name() { return hwy::TargetName(HWY_TARGET); }
}  // namespace grus::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace grus::cpu {
namespace {

/// Reads GRUS_ISA.
std::optional<Isa> wanted_isa() {
  const char* const text = std::getenv("GRUS_ISA");
  const std::string_view name = text ? text : "";
  if (name == "baseline") return Isa::baseline;
  if (name == "avx2") return Isa::avx2;
  if (name == "avx512") return Isa::avx512;
  if (name == "avx512_vnni") return Isa::avx512_vnni;
  if (name == "avx512_bf16") return Isa::avx512_bf16;
  if (name == "amx") return Isa::amx;
  return std::nullopt;
}
Isa highest_allowed() { return wanted_isa().value_or(Isa::amx); }

Isa detect_isa() {
#if defined(__x86_64__)
  const bool avx512 = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
                      __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl") &&
                      __builtin_cpu_supports("avx512cd");
  if (avx512) return Isa::avx512;
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return Isa::avx2;
#endif
  return Isa::baseline;
}

std::string trimmed(std::string text) {
  text.resize(std::strlen(text.c_str()));
  text.erase(0, text.find_first_not_of(' '));
  text.erase(text.find_last_not_of(' ') + 1);
  return text;
}

HWY_EXPORT(target_name);

}  // namespace

std::string cpu_name() {
#if defined(__x86_64__)
  unsigned words[12] = {};
  bool known = true;
  for (unsigned i = 0; i < 3 && known; ++i)
    known = __get_cpuid(0x80000002u + i, &words[4 * i], &words[4 * i + 1], &words[4 * i + 2], &words[4 * i + 3]) != 0;
  if (known) {
    std::string name(sizeof words + 1, '\0');
    std::memcpy(name.data(), words, sizeof words);
    return trimmed(name);
  }
#endif
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen("/proc/cpuinfo", "r"), &std::fclose);
  for (char text[256]; file && std::fgets(text, sizeof text, file.get());) {
    std::string line(text, std::strcspn(text, "\n"));
    if (line.starts_with("model name") || line.starts_with("Hardware")) return trimmed(line.substr(line.find(':') + 1));
  }
  return "unknown CPU";
}

Isa isa() {
  static const Isa isa = std::min(detect_isa(), highest_allowed());
  return isa;
}

CpuModel cpu_model() {
  CpuModel model;
#if defined(__x86_64__)
  unsigned a = 0, b = 0, c = 0, d = 0;
  if (!__get_cpuid(0, &a, &b, &c, &d)) return model;
  const unsigned letters[] = {b, d, c};
  model.vendor.assign(reinterpret_cast<const char*>(letters), sizeof letters);
  if (!__get_cpuid(1, &a, &b, &c, &d)) return model;
  const unsigned base = (a >> 8) & 0xf, extended = (a >> 20) & 0xff;
  model.family = static_cast<int>(base == 0xf ? base + extended : base);
#endif
  return model;
}

bool has_quick_bf16(const CpuModel& model) { return model.vendor == "AuthenticAMD"; }

bool has_bf16_instruction() {
#if defined(__x86_64__)
  static const bool has =
      isa() == Isa::avx512 && __builtin_cpu_supports("avx512bf16") && highest_allowed() >= Isa::avx512_bf16;
  return has;
#else
  return false;
#endif
}

bool prefers_bf16_instruction() {
  static const bool prefers =
      has_bf16_instruction() && (highest_allowed() == Isa::avx512_bf16 || has_quick_bf16(cpu_model()));
  return prefers;
}

bool uses_amx() {
#if defined(__x86_64__) && defined(__linux__)
  static const bool uses = [] {
    if (isa() != Isa::avx512 || highest_allowed() < Isa::amx) return false;
    constexpr unsigned wanted = 1u << 22 | 1u << 24 | 1u << 25;  // AMX-BF16, AMX-TILE, AMX-INT8
    unsigned a = 0, b = 0, c = 0, d = 0;
    if (!__get_cpuid_count(7, 0, &a, &b, &c, &d) || (d & wanted) != wanted) return false;
    constexpr long request_permission = 0x1023, tile_data = 18;  // ARCH_REQ_XCOMP_PERM
    return syscall(SYS_arch_prctl, request_permission, tile_data) == 0;
  }();
  return uses;
#else
  return false;
#endif
}

bool uses_vnni() {
#if defined(__x86_64__)
  static const bool uses =
      isa() == Isa::avx512 && __builtin_cpu_supports("avx512vnni") && highest_allowed() >= Isa::avx512_vnni;
  return uses;
#else
  return false;
#endif
}

bool is_amd_19h(const CpuModel& model) { return model.vendor == "AuthenticAMD" && model.family == 0x19; }

const char* simd_target() { return HWY_DYNAMIC_DISPATCH(target_name)(); }

void limit_simd_targets() {
  if (highest_allowed() == Isa::baseline) hwy::DisableTargets(HWY_AVX2 | HWY_AVX3 | HWY_NEON);
  if (highest_allowed() == Isa::avx2) hwy::DisableTargets(HWY_AVX3);
}

}  // namespace grus::cpu
#endif
