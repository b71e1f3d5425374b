#pragma once
// Reference-counted device memory, handed out by a caching allocator that keeps statistics.
#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "core/device/device.h"

namespace grus {

/// What a device's allocator holds, in bytes. `live`: handed out now; `peak`: the most it ever was; `cached`: free but
/// kept, but for large buffers that the backend keeps itself, as cpu does.
struct MemoryStatistics {
  size_t live, peak, cached;
  size_t allocations;  // calls that reached the backend
  size_t limit;        // of live and cached together; 0: none
};
MemoryStatistics memory_statistics(Device device);
void reset_peak_memory(Device device);
void release_cached_memory(Device device);
/// Tensors that would need more throw DeviceError, and nothing is lost by it; 0: no limit. Begins as GRUS_MEMORY_LIMIT
/// says: "2G" for every device, or "cpu=2G,opencl=512M" (K, M, G of 1024).
void set_memory_limit(Device device, size_t bytes);

/// What the host knows of the elements of a tensor without asking its device: none is below `low` or above `high`.
struct Range {
  double low, high;
};

/// An intrusively counted buffer. Tensors hold it; when none does, the device's allocator keeps or frees it.
class Storage {
 public:
  static Storage* create(size_t bytes, Device device);
  void retain() { references_.fetch_add(1, std::memory_order_relaxed); }
  void release();
  bool unique() const { return references_.load(std::memory_order_acquire) == 1; }

  Device device() const { return device_; }
  DeviceBuffer* buffer() { return &buffer_; }
  const DeviceBuffer& buffer() const { return buffer_; }
  uint64_t version() const { return buffer_.version; }
  void raise_version() { ++buffer_.version; }
  /// Of all elements as they are now; forgotten at the next write.
  void know(Range range) {
    range_ = range;
    range_version_ = version();
  }
  std::optional<Range> known() const { return range_version_ == version() ? std::optional(range_) : std::nullopt; }

 private:
  friend class CachingAllocator;
  explicit Storage(Device device) : device_(device) {}
  Device device_;
  DeviceBuffer buffer_{};
  std::atomic<int32_t> references_{1};
  Range range_{};
  uint64_t range_version_ = ~uint64_t{0};  // none
};

/// Keeps storages that nobody holds by size class and hands them out again; the backend is asked only for new sizes,
/// and for all of those that it keeps itself.
class CachingAllocator {
 public:
  explicit CachingAllocator(OpenDevice& device) : device_(device) {}
  /// At least so many bytes, held once. Throws DeviceError when the backend has no more memory, also after the cache
  /// was given back.
  Storage* allocate(size_t bytes);
  void release(Storage* storage);
  void release_cached();
  MemoryStatistics statistics() const;
  void reset_peak();
  void set_limit(size_t bytes);

 private:
  using Storages = std::vector<std::unique_ptr<Storage>>;
  bool keeps(size_t bytes) const { return bytes < device_.own_table.keeps_from; }
  void release_cached_locked();
  /// One of the least class that is large enough and not much too large; null: there is none.
  Storage* take_free(size_t bytes);
  Storage* allocate_new(size_t size);
  OpenDevice& device_;
  mutable std::mutex mutex_;
  std::vector<Storages> free_;  // by class
  MemoryStatistics statistics_{};
};

/// An open device and its allocator. Every Device refers to one of these.
struct DeviceState : OpenDevice {
  DeviceState(std::string name, const KernelTable& table, Context* context)
      : OpenDevice{std::move(name), table, &table, context}, allocator(*this) {}
  CachingAllocator allocator;
};

inline CachingAllocator& allocator_of(Device device) { return static_cast<DeviceState&>(device.state()).allocator; }

inline Storage* Storage::create(size_t bytes, Device device) { return allocator_of(device).allocate(bytes); }
inline void Storage::release() {
  if (references_.fetch_sub(1, std::memory_order_acq_rel) == 1) allocator_of(device_).release(this);
}

}  // namespace grus
