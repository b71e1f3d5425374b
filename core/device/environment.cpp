#include "core/device/environment.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <iterator>
#include <string_view>

#include "core/base/error.h"
#include "core/base/thread_pool.h"

namespace grus {
namespace {

bool is_thread_count(std::string_view text) {
  int count = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  return error == std::errc() && end == text.data() + text.size() && count >= 1 && count <= max_threads;
}
bool is_kind_of_kernels(std::string_view text) { return text == "fused" || text == "composed"; }
bool is_instruction_set(std::string_view text) {
  return text == "baseline" || text == "avx2" || text == "avx512" || text == "avx512_vnni" || text == "avx512_bf16" ||
         text == "amx";
}

struct Variable {
  const char* name;
  bool (*accepts)(std::string_view value);
  const char* need;
};
constexpr Variable variables[] = {
    {"GRUS_NUM_THREADS", is_thread_count, "a whole number from 1 to 256"},
    {"GRUS_KERNELS", is_kind_of_kernels, "fused or composed"},
    {"GRUS_ISA", is_instruction_set, "baseline, avx2, avx512, avx512_vnni, avx512_bf16 or amx"},
};
static_assert(max_threads == 256, "the sentence above says so");

// Every variable that something reads stands here (tests/tree/environment.sh).
constexpr std::string_view of_library[] = {
    "GRUS_BACKEND_PATH", "GRUS_CUDA_PRODUCTS",  "GRUS_DEVICE",      "GRUS_ISA",
    "GRUS_KERNELS",      "GRUS_MEMORY_LIMIT",   "GRUS_MODEL_INDEX", "GRUS_NUM_THREADS",
    "GRUS_OPENCL_CACHE", "GRUS_OPENCL_OPTIONS", "GRUS_TUNE"};
constexpr std::string_view of_tools[] = {
    "GRUS_BUILD",       "GRUS_CASES",        "GRUS_DATA_MIRROR",  "GRUS_DEVICES",
    "GRUS_EXCERPT",     "GRUS_FUZZ_FOLDERS", "GRUS_FUZZ_SCRATCH", "GRUS_FUZZ_SEEDS",
    "GRUS_FUZZ_TARGET", "GRUS_GOLDEN",       "GRUS_LOST",         "GRUS_MUTANT",
    "GRUS_SEED",        "GRUS_SHARED_DATA",  "GRUS_TEST_DEVICES", "GRUS_TEST_MODULES"};

bool is_known(std::string_view name) {
  return std::find(std::begin(of_library), std::end(of_library), name) != std::end(of_library) ||
         std::find(std::begin(of_tools), std::end(of_tools), name) != std::end(of_tools);
}

}  // namespace

void check_environment() {
  for (const Variable& variable : variables) {
    const char* const value = std::getenv(variable.name);
    require<UsageError>(!value || !*value || variable.accepts(value), "[{}] need {}, got '{}'", variable.name,
                        variable.need, value ? value : "");
  }
}

std::vector<std::string> unknown_variables() {
  std::vector<std::string> unknown;
  for (char** entry = environ; entry && *entry; ++entry) {
    const std::string_view text = *entry, name = text.substr(0, text.find('='));
    if (name.starts_with("GRUS_") && !is_known(name)) unknown.emplace_back(name);
  }
  return unknown;
}

std::string known_variables() { return fmt::format("{}", fmt::join(of_library, ", ")); }

}  // namespace grus
