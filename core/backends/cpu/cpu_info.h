#pragma once
// This CPU's name, model and instructions.
// Sources: cpu_info.cpp, highway_targets.cpp.
#include <string>

namespace grus::cpu {

/// Name that the CPU gives itself, such as "AMD EPYC 9B14 96-Core Processor".
std::string cpu_name();

/// The properties of a CPU by which kernels are chosen.
struct CpuModel {
  std::string vendor;  // "AuthenticAMD", "GenuineIntel" ...; "" where there is no cpuid
  int family = 0;
};
CpuModel cpu_model();

/// Instruction sets in the order in which kernels prefer them. GRUS_ISA=baseline, avx2, avx512, avx512_vnni or
/// avx512_bf16 hides what is above (for tests); on arm64 baseline hides NEON.
enum class Isa { baseline, avx2, avx512, avx512_vnni, avx512_bf16, amx };
/// Returns the best instruction set that is there and not hidden, avx512 at most.
Isa isa();

/// Tells whether AVX-512's bf16 instruction is there and not hidden.
bool has_bf16_instruction();
/// Tells whether AVX-512's bf16 instruction is worth taking where it is there. AMD's CPUs run it as often as an f32
/// one, twice the work; Intel's Xeons at half the rate or less (165 GFLOP/s beside 321 in f32 seen). Nothing is known
/// of other CPUs.
bool has_quick_bf16(const CpuModel& model);
/// Tells whether rules give bf16 products the instruction: where it is quick, or where GRUS_ISA=avx512_bf16 asks for
/// it.
bool prefers_bf16_instruction();

/// Tells whether bf16 and int8 products use AMX's tiles: where the CPU has them and the system lets this process use
/// their registers, which it is asked once. It refuses where a thread has a stack for signals that is too small for
/// them.
bool uses_amx();

/// Tells whether int8 products may use AVX-512's instruction for them (VNNI).
bool uses_vnni();

/// Tells whether this is AMD's family 19h (Zen 3, Zen 4), whose AVX-512, where it has it, works in halves of 256 bits.
bool is_amd_19h(const CpuModel& model);

/// Name of the compiled variant of the kernels that runs here: "AVX3", "AVX2", "SCALAR", "NEON" ...
const char* simd_target();

/// Makes Highway obey GRUS_ISA. It is called once, before the first kernel.
void limit_simd_targets();

}  // namespace grus::cpu
