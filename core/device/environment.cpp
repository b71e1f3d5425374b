#include "core/device/environment.h"

#include <charconv>
#include <cstdlib>
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
  return text == "baseline" || text == "avx2" || text == "avx512" || text == "avx512_bf16";
}

struct Variable {
  const char* name;
  bool (*accepts)(std::string_view value);
  const char* need;
};
constexpr Variable variables[] = {
    {"GRUS_NUM_THREADS", is_thread_count, "a whole number from 1 to 256"},
    {"GRUS_KERNELS", is_kind_of_kernels, "fused or composed"},
    {"GRUS_ISA", is_instruction_set, "baseline, avx2, avx512 or avx512_bf16"},
};
static_assert(max_threads == 256, "the sentence above says so");

}  // namespace

void check_environment() {
  for (const Variable& variable : variables) {
    const char* const value = std::getenv(variable.name);
    require<UsageError>(!value || !*value || variable.accepts(value), "[{}] need {}, got '{}'", variable.name,
                        variable.need, value ? value : "");
  }
}

}  // namespace grus
