#pragma once
// What this CPU is and which instructions it has.
#include <string>

namespace grus::cpu {

/// The name the CPU gives itself, such as "AMD EPYC 9B14 96-Core Processor".
std::string cpu_name();

/// What choices between kernels go by.
struct CpuModel {
  std::string vendor;  // "AuthenticAMD", "GenuineIntel" ...; "" where there is no cpuid
  int family = 0;
};
CpuModel cpu_model();

/// Instruction sets in the order in which kernels prefer them. GRUS_ISA=baseline, avx2 or avx512 hides what is above
/// (for tests); on arm64 baseline hides NEON.
enum class Isa { baseline, avx2, avx512, avx512_bf16 };
/// At most avx512.
Isa isa();

/// Whether AVX-512's bf16 instruction is worth taking where there is one. AMD's CPUs run it as often as an f32 one,
/// twice the work; Intel's Xeons at half the rate or less (165 GFLOP/s beside 321 in f32 seen), and of others nothing
/// is known.
bool has_quick_bf16(const CpuModel& model);
/// Whether bf16 products use the instruction: where it is quick, or GRUS_ISA=avx512_bf16 asks for it.
bool uses_bf16_instruction();

/// Family 19h of AMD (Zen 3, Zen 4): its AVX-512, where it has it, works in halves of 256 bits.
bool is_amd_19h(const CpuModel& model);

/// "AVX3", "AVX2", "SCALAR", "NEON" ...: which of the compiled variants of a kernel runs here.
const char* simd_target();

/// Makes Highway obey GRUS_ISA. Called once, before the first kernel.
void limit_simd_targets();

}  // namespace grus::cpu
