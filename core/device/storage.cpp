#include "core/device/storage.h"

#include <bit>
#include <memory>
#include <mutex>

#include "core/base/error.h"

namespace grus {
namespace {

// Sizes are rounded up so that a buffer fits more requests: class c < 8 has 64 (c + 1) bytes, and from there on eight
// classes lie between a power of two and the next.
size_t class_of(size_t bytes) {
  if (bytes <= 512) return bytes == 0 ? 0 : (bytes - 1) / 64;
  const auto power = static_cast<size_t>(std::bit_width(bytes - 1) - 1);  // 2^power < bytes <= 2^(power + 1)
  return (power - 9) * 8 + 8 + ((bytes - 1 - (size_t{1} << power)) >> (power - 3));
}
size_t size_of_class(size_t c) { return c < 8 ? 64 * (c + 1) : (c % 8 + 9) << (c / 8 + 5); }

}  // namespace

Storage* CachingAllocator::allocate(size_t bytes) {
  std::lock_guard lock(mutex_);
  Storage* storage = keeps(bytes) ? take_free(class_of(bytes)) : nullptr;
  if (!storage) storage = allocate_new(keeps(bytes) ? size_of_class(class_of(bytes)) : bytes);
  statistics_.live += storage->buffer_.bytes;
  statistics_.peak = std::max(statistics_.peak, statistics_.live);
  return storage;
}

inline Storage* CachingAllocator::take_free(size_t wanted) {
  // A somewhat larger buffer will do: ragged batches ask for ever new sizes, and each would keep its own.
  const auto fits = [&](size_t c) { return c == wanted || size_of_class(c) <= size_of_class(wanted) / 8 * 11; };
  for (size_t c = wanted; c < free_.size() && fits(c); ++c) {
    Storage* const storage = free_[c];
    if (!storage) continue;
    free_[c] = storage->next_free_;
    storage->references_.store(1, std::memory_order_relaxed);
    statistics_.cached -= storage->buffer_.bytes;
    return storage;
  }
  return nullptr;
}

Storage* CachingAllocator::allocate_new(size_t size) {
  const MemoryStatistics& s = statistics_;
  const auto over = [&](size_t held) { return s.limit > 0 && (held > s.limit || size > s.limit - held); };
  if (over(s.live + s.cached)) release_cached_locked();
  require<DeviceError>(!over(s.live), "[{}] need {} bytes of memory, got a limit of {} with {} in use", device_.name,
                       size, s.limit, s.live);
  const KernelTable& table = *device_.table;
  std::unique_ptr<Storage> storage(new Storage(Device(&device_)));
  Status status = table.allocate(device_.context, size, &storage->buffer_);
  if (status == Status::out_of_memory) {
    release_cached_locked();
    status = table.allocate(device_.context, size, &storage->buffer_);
  }
  if (status != Status::ok) {
    const char* why = table.last_error(device_.context);
    fail<DeviceError>("[{}] need {} bytes of memory, got none: {} ({} in use, {} at the peak)", device_.name, size,
                      why ? why : "", s.live, s.peak);
  }
  storage->buffer_.bytes = size;
  if (keeps(size)) storage->size_class_ = class_of(size);
  ++statistics_.allocations;
  return storage.release();
}

void CachingAllocator::release(Storage* storage) {
  DeviceBuffer& buffer = storage->buffer_;
  storage->twin_ = {};  // before the lock, as the twin may end here, too
  std::lock_guard lock(mutex_);
  if (buffer.derived) {
    device_.table.load()->drop_derived(device_.context, &buffer);
    buffer.derived = nullptr;
  }
  storage->raise_version();
  statistics_.live -= buffer.bytes;
  const auto over_limit = [&](const MemoryStatistics& s) { return s.live + s.cached + buffer.bytes > s.limit; };
  const size_t c = storage->size_class_;
  if (c == Storage::no_class || (statistics_.limit > 0 && over_limit(statistics_))) {
    device_.table.load()->release(device_.context, &buffer);
    delete storage;
    return;
  }
  statistics_.cached += buffer.bytes;
  if (c >= free_.size()) free_.resize(c + 1);
  storage->next_free_ = std::exchange(free_[c], storage);
}

void CachingAllocator::release_cached_locked() {
  for (Storage* next : free_)
    while (const std::unique_ptr<Storage> storage{next}) {
      device_.table.load()->release(device_.context, &storage->buffer_);
      next = storage->next_free_;
    }
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
  if (bytes > 0 && statistics_.live + statistics_.cached > bytes) release_cached_locked();
}

MemoryStatistics memory_statistics(Device device) { return allocator_of(device).statistics(); }
void reset_peak_memory(Device device) { allocator_of(device).reset_peak(); }
void set_memory_limit(Device device, size_t bytes) { allocator_of(device).set_limit(bytes); }
void release_cached_memory(Device device) { allocator_of(device).release_cached(); }

}  // namespace grus
