#include "nn/memory_for_weights.h"

#include <limits>
#include <system_error>

#include "core/base/error.h"
#include "core/base/pack.h"
#include "core/device/storage.h"

namespace grus::nn {
namespace {

constexpr size_t per_byte = 10;  // weights of 4 bits and a half become 32, and the allocator rounds up
constexpr size_t spare = 1 << 24;

// Returns 0 for a file that is not there.
size_t bytes_of(const std::filesystem::path& file) {
  if (!file_exists(file)) return 0;
  if (const auto member = find_member(file)) return static_cast<size_t>(member->bytes);
  std::error_code none;
  const auto bytes = std::filesystem::file_size(file, none);
  return none ? 0 : static_cast<size_t>(bytes);
}

}  // namespace

MemoryForWeights::MemoryForWeights(const std::filesystem::path& weights) : device_(default_device()) {
  const MemoryStatistics now = memory_statistics(device_);
  before_ = now.limit;
  const size_t bytes = bytes_of(weights);
  if (bytes == 0 || bytes > std::numeric_limits<size_t>::max() / 16) return;
  const size_t room = now.live + per_byte * bytes + spare;
  if (before_ == 0 || room < before_) set_memory_limit(device_, room);
}

MemoryForWeights::~MemoryForWeights() { set_memory_limit(device_, before_); }

void fail_with_sizes(const std::filesystem::path& weights, const std::filesystem::path& config, const char* what) {
  fail<DataError>("{}: need sizes as those of {}, got a model for which {}", config.string(),
                  weights.filename().string(), what);
}

}  // namespace grus::nn
