#include "core/device/memory_limit.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <cstdlib>

#include "core/base/error.h"

namespace grus {
namespace {

/// Reads a size such as "512M" as bytes.
size_t bytes_of(std::string_view text) {
  constexpr std::string_view units = "KMG";
  std::string_view digits = text;
  const size_t unit = text.empty() ? units.npos : units.find(text.back());
  if (unit != units.npos) digits.remove_suffix(1);
  const int shift = unit == units.npos ? 0 : 10 * static_cast<int>(unit + 1);
  size_t count = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), count);
  require<UsageError>(
      error == std::errc() && end == digits.data() + digits.size() && count <= SIZE_MAX >> shift,
      "[GRUS_MEMORY_LIMIT] need bytes as in 512M, or devices with them as in cpu=2G,opencl=512M, got '{}'", text);
  return count << shift;
}

}  // namespace

size_t initial_memory_limit(std::string_view device) {
  const char* given = std::getenv("GRUS_MEMORY_LIMIT");
  size_t limit = 0;
  for (std::string_view rest = given ? given : ""; !rest.empty();) {
    const std::string_view one = rest.substr(0, rest.find(','));
    rest.remove_prefix(std::min(one.size() + 1, rest.size()));
    const size_t equals = one.find('=');
    const size_t bytes = bytes_of(equals == one.npos ? one : one.substr(equals + 1));
    if (equals == one.npos || one.substr(0, equals) == device) limit = bytes;
  }
  return limit;
}

}  // namespace grus
