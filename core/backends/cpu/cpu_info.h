#pragma once
// What this CPU is and which instructions it has.
#include <string>

namespace grus::cpu {

/// The name the CPU gives itself, such as "AMD EPYC 9B14 96-Core Processor".
std::string cpu_name();

/// Instruction sets in the order in which kernels prefer them. GRUS_ISA=baseline or avx2 hides what is above (for
/// tests); on arm64 baseline hides NEON.
enum class Isa { baseline, avx2, avx512 };
Isa isa();

/// AVX-512 with the bf16 instructions.
bool has_bf16();

/// A family 19h AMD CPU (Zen 3, Zen 4): its AVX-512, where it has it, works in halves of 256 bits.
bool is_amd_19h();

/// "AVX3", "AVX2", "SCALAR", "NEON" ...: which of the compiled variants of a kernel runs here.
const char* simd_target();

/// Makes Highway obey GRUS_ISA. Called once, before the first kernel.
void limit_simd_targets();

}  // namespace grus::cpu
