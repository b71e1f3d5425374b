#pragma once
// Which of the kernels that this CPU has its products take: the quickest of those that were timed here, as a file keeps
// it, or those that rules name. GRUS_TUNE decides:
//   unset, ""  products of bf16 and int8 go by the file products-ID of the user's cache folder, where ID stands for CPU
//              and instructions; the first such product makes it. f32 goes by rules, so that its bits do.
//   FILE       all go by FILE, which is made where there is none
//   off        all go by rules
// GRUS_ISA, without GRUS_TUNE, means off too. Once chosen, nothing changes within a process.
// Sources: kernel_choice.cpp, kernel_timing.cpp, kernel_file.cpp.
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "core/backends/cpu/gemm_tile.h"

namespace grus::cpu {

/// Where f32 takes our kernels in place of OpenBLAS: for large weights that meet many rows, for products without a
/// weight.
struct F32Choice {
  bool large_weights = false, plain = false;
  bool operator==(const F32Choice&) const = default;
};
struct KernelChoice {
  const TileKernels* bf16;
  const TileKernels* int8;
  F32Choice f32 = {};
  bool operator==(const KernelChoice&) const = default;
};

/// Returns the kernels that this CPU has for bf16 or int8, those that rules prefer first.
std::vector<const TileKernels*> kernels_of(Precision precision);
/// Returns what rules choose: AMX; instructions for bf16 where they are quick (cpu_info.h) and for int8; SIMD.
KernelChoice ruled_choice();
/// Returns the choice in use. The first call may time kernels, for some 10 ms, and write a file.
const KernelChoice& kernel_choice();
/// Returns that of f32, and times nothing where rules alone decide.
const F32Choice& f32_choice();
/// Returns why the file that GRUS_TUNE names cannot be followed, in one sentence, or "".
const std::string& kernel_choice_error();

/// What GRUS_TUNE decides, or rules and an error.
struct FollowedChoice {
  KernelChoice choice;
  std::string error = {};
};
FollowedChoice follow_environment();
/// Tells whether GRUS_TUNE names a file.
bool is_choice_named();

/// Returns the place of the quickest of some times. The first one stays unless another takes less than 0.87 of its
/// time, so that noise changes nothing.
size_t quickest(const std::vector<double>& seconds);
/// Times kernels of bf16 and int8; of f32 too when `all`.
KernelChoice timed_choice(bool all);

/// Returns a choice as a file's text: a line for each of its rows, and one for the CPU.
std::string text_of(const KernelChoice& choice, const std::string& cpu);
/// Reads a file's text. Throws DataError "NAME:LINE: need ..., got ...", also for kernels that this CPU lacks.
KernelChoice choice_from(const std::string& text, const std::string& name);
/// Returns the choice in a file, or else makes and writes it. A file of the cache (`is_cache`) that cannot be
/// followed, or is for another CPU, is made anew, and one that cannot be written is none; of a file that was named
/// both throw DataError or Error.
KernelChoice kept_choice(const std::filesystem::path& file, bool is_cache);
/// Returns the file of the user's cache folder, or none where there is no such folder.
std::optional<std::filesystem::path> cached_choice_file();

}  // namespace grus::cpu
