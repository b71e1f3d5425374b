#include "core/storage.h"

#include <bit>

#include "core/error.h"

namespace grus {
namespace {

/// Sizes are rounded up so that a buffer fits more requests: to 64 bytes, then to an eighth of the power of two below.
size_t size_class(size_t bytes) {
  if (bytes <= 512) return bytes <= 64 ? 64 : (bytes + 63) / 64 * 64;
  const size_t step = std::bit_floor(bytes) / 8;
  return (bytes + step - 1) / step * step;
}

}  // namespace

bool CachingAllocator::keeps(size_t bytes) const { return bytes < device_.own_table.keeps_from; }

Buffer CachingAllocator::allocate(size_t bytes, const std::string& device_name) {
  const bool kept = keeps(bytes);
  const size_t size = kept ? size_class(bytes) : bytes;
  std::lock_guard lock(mutex_);
  Buffer buffer{};
  // A somewhat larger one will do: ragged batches ask for ever new sizes, and each would keep its own.
  const size_t most = size + size / 8 * 3;
  auto found = kept ? free_.lower_bound(size) : free_.end();
  while (found != free_.end() && found->second.empty() && found->first <= most) ++found;
  if (found != free_.end() && found->first <= most) {
    buffer = found->second.back();
    found->second.pop_back();
    statistics_.cached -= buffer.bytes;
  } else {
    buffer = allocate_new(size, device_name);
  }
  statistics_.live += buffer.bytes;
  statistics_.peak = std::max(statistics_.peak, statistics_.live);
  return buffer;
}

Buffer CachingAllocator::allocate_new(size_t size, const std::string& device_name) {
  const MemoryStatistics& s = statistics_;
  const auto over = [&](size_t held) { return s.limit > 0 && (held > s.limit || size > s.limit - held); };
  if (over(s.live + s.cached)) release_cached_locked();
  require<DeviceError>(!over(s.live), "[{}] need {} bytes of memory, got a limit of {} with {} in use", device_name,
                       size, s.limit, s.live);
  const KernelTable& table = *device_.table;
  Buffer buffer{};
  Status status = table.allocate(device_.context, size, &buffer);
  if (status == Status::out_of_memory) {
    release_cached_locked();
    status = table.allocate(device_.context, size, &buffer);
  }
  if (status != Status::ok) {
    const char* why = table.last_error(device_.context);
    fail<DeviceError>("[{}] need {} bytes of memory, got none: {} ({} in use, {} at the peak)", device_name, size,
                      why ? why : "", s.live, s.peak);
  }
  buffer.bytes = size;
  ++statistics_.allocations;
  return buffer;
}

void CachingAllocator::release(Buffer buffer) {
  std::lock_guard lock(mutex_);
  if (buffer.derived) device_.table.load()->drop_derived(device_.context, &buffer);
  buffer.derived = nullptr;
  ++buffer.version;
  statistics_.live -= buffer.bytes;
  if (!keeps(buffer.bytes)) return device_.table.load()->release(device_.context, &buffer);
  statistics_.cached += buffer.bytes;
  free_[buffer.bytes].push_back(buffer);
}

void CachingAllocator::release_cached_locked() {
  for (auto& [size, buffers] : free_)
    for (Buffer& buffer : buffers) device_.table.load()->release(device_.context, &buffer);
  free_.clear();
  statistics_.cached = 0;
  device_.table.load()->trim(device_.context);
}

void CachingAllocator::release_cached() {
  std::lock_guard lock(mutex_);
  release_cached_locked();
}

MemoryStatistics CachingAllocator::statistics() const {
  std::lock_guard lock(mutex_);
  return statistics_;
}

void CachingAllocator::reset_peak() {
  std::lock_guard lock(mutex_);
  statistics_.peak = statistics_.live;
}

void CachingAllocator::set_limit(size_t bytes) {
  std::lock_guard lock(mutex_);
  statistics_.limit = bytes;
}

Storage::Storage(size_t bytes, Device device)
    : device_(device), buffer_(device.state().allocator.allocate(bytes, device.name())) {}

Storage::~Storage() { device_.state().allocator.release(buffer_); }

}  // namespace grus
