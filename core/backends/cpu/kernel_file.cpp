// The file that keeps a choice of kernels, and which one is followed.
#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <string_view>

#include "core/backends/cpu/cpu_info.h"
#include "core/backends/cpu/kernel_choice.h"
#include "core/base/atomic_file.h"
#include "core/base/checksum.h"
#include "core/base/error.h"
#include "core/base/file_bytes.h"
#include "core/base/folder.h"
#include "core/base/printable.h"

namespace grus::cpu {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view first_line = "grus products 1";
constexpr uint64_t most_bytes = 4096;

std::string_view variable(const char* name) {
  const char* const text = std::getenv(name);
  return text ? text : "";
}

std::string text_in(const fs::path& file) {
  FileBytes bytes(file, 0, most_bytes);
  std::string text(most_bytes, '\0');
  text.resize(bytes.read(text.data(), text.size()));
  return text;
}

/// What a choice depends on: the CPU, and which kernels this process may take.
std::string this_cpu() {
  std::string text = fmt::format("{}, SIMD {}", cpu_name(), simd_target());
  for (Precision precision : {Precision::bf16, Precision::int8})
    for (const TileKernels* one : kernels_of(precision))
      text += fmt::format(", {} {}", precision == Precision::bf16 ? "bf16" : "int8", one->instructions);
  return text;
}

/// A Line has a key, and a value behind its first space.
struct Line {
  std::string_view key, value;
  std::string where;
};

std::vector<Line> lines_of(std::string_view text, const std::string& name) {
  std::vector<Line> lines;
  for (int64_t number = 1; !text.empty(); ++number) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    const size_t space = std::min(line.find(' '), line.size());
    lines.push_back(
        {line.substr(0, space), line.substr(std::min(space + 1, line.size())), fmt::format("{}:{}", name, number)});
  }
  return lines;
}

const TileKernels* kernels_named(const Line& line, Precision precision) {
  const std::vector<const TileKernels*> all = kernels_of(precision);
  const auto found =
      std::find_if(all.begin(), all.end(), [&](const TileKernels* one) { return line.value == one->instructions; });
  if (found != all.end()) return *found;
  std::vector<std::string_view> names;
  for (const TileKernels* one : all) names.emplace_back(one->instructions);
  fail<DataError>("{}: need kernels for {} that this CPU has ({}), got '{}'", line.where, line.key,
                  fmt::join(names, ", "), Shown{line.value});
}

bool is_ours(const Line& line) {
  require<DataError>(line.value == "ours" || line.value == "OpenBLAS", "{}: need ours or OpenBLAS, got '{}'",
                     line.where, Shown{line.value});
  return line.value == "ours";
}

/// Returns the CPU of a file's text, or "".
std::string_view cpu_of(const std::string& text) {
  for (const Line& line : lines_of(text, ""))
    if (line.key == "cpu") return line.value;
  return "";
}

void keep(const fs::path& file, const KernelChoice& choice) {
  write_file_atomically(file, text_of(choice, this_cpu()));
}

/// A cache that cannot be read or written costs time, not the run.
KernelChoice cached_choice(const fs::path& file) {
  try {
    const std::string text = text_in(file);
    if (cpu_of(text) == this_cpu()) return choice_from(text, file.string());
  } catch (const Error&) {
  }
  const KernelChoice choice = timed_choice(false);
  try {
    make_folder(file.parent_path());
    keep(file, choice);
  } catch (const Error&) {
  }
  return choice;
}

}  // namespace

std::string text_of(const KernelChoice& choice, const std::string& cpu) {
  const auto f32 = [](bool own) { return own ? "ours" : "OpenBLAS"; };
  return fmt::format("{}\ncpu {}\nbf16 {}\nint8 {}\nf32-large-weights {}\nf32-plain {}\n", first_line, cpu,
                     choice.bf16->instructions, choice.int8->instructions, f32(choice.f32.large_weights),
                     f32(choice.f32.plain));
}

KernelChoice choice_from(const std::string& text, const std::string& name) {
  require<DataError>(text.starts_with(first_line), "{}:1: need '{}', got '{}'", name, first_line,
                     Shown{std::string_view(text).substr(0, text.find('\n'))});
  KernelChoice choice = ruled_choice();
  const std::vector<Line> lines = lines_of(text, name);
  for (auto line = lines.begin() + 1; line != lines.end(); ++line) {
    if (line->key == "bf16") choice.bf16 = kernels_named(*line, Precision::bf16);
    else if (line->key == "int8") choice.int8 = kernels_named(*line, Precision::int8);
    else if (line->key == "f32-large-weights") choice.f32.large_weights = is_ours(*line);
    else if (line->key == "f32-plain") choice.f32.plain = is_ours(*line);
    else
      require<DataError>(line->key == "cpu", "{}: need cpu, bf16, int8, f32-large-weights or f32-plain, got '{}'",
                         line->where, Shown{line->key});
  }
  return choice;
}

KernelChoice kept_choice(const fs::path& file, bool is_cache) {
  if (is_cache) return cached_choice(file);
  if (fs::exists(file)) return choice_from(text_in(file), file.string());
  const KernelChoice choice = timed_choice(true);
  keep(file, choice);
  return choice;
}

std::optional<fs::path> cached_choice_file() {
  Crc32 crc;
  crc.add(this_cpu());
  const std::string name = fmt::format("products-{:08x}", crc.value());
  const fs::path cache = variable("XDG_CACHE_HOME"), home = variable("HOME");
  if (cache.is_absolute()) return cache / "grus" / name;
  if (home.is_absolute()) return home / ".cache" / "grus" / name;
  return std::nullopt;
}

bool is_choice_named() { return !variable("GRUS_TUNE").empty() && variable("GRUS_TUNE") != "off"; }

FollowedChoice follow_environment() {
  try {
    if (is_choice_named()) return {kept_choice(variable("GRUS_TUNE"), false)};
    const bool one = kernels_of(Precision::bf16).size() == 1 && kernels_of(Precision::int8).size() == 1;
    if (one || variable("GRUS_TUNE") == "off" || !variable("GRUS_ISA").empty()) return {ruled_choice()};
    const auto file = cached_choice_file();
    return {file ? kept_choice(*file, true) : timed_choice(false)};
  } catch (const std::exception& error) {
    return {ruled_choice(), error.what()};
  }
}

}  // namespace grus::cpu
