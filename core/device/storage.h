#pragma once
// Reference-counted device memory, handed out by a caching allocator that keeps statistics.
#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/base/mutex.h"
#include "core/base/ref.h"
#include "core/device/device.h"

namespace grus {

/// MemoryStatistics tells what a device's allocator holds, in bytes. `live` is handed out now, `peak` is the most that
/// was since the last reset, `cached` is free but kept. Large buffers that the backend keeps itself, as cpu does, are
/// not in `cached`.
struct MemoryStatistics {
  size_t live, peak, cached;
  size_t allocations;  // calls that reached the backend
  size_t limit;        // the most that live + cached may be; 0: no limit
};
MemoryStatistics memory_statistics(Device device);
void reset_peak_memory(Device device);
void release_cached_memory(Device device);
/// Limits live + cached; 0 means no limit. A tensor that would need more throws DeviceError, and nothing is lost by it.
/// The environment's GRUS_MEMORY_LIMIT is the limit at the start: "2G" for every device, or "cpu=2G,opencl=512M"
/// (K, M, G are powers of 1024).
void set_memory_limit(Device device, size_t bytes);

/// A Range is what the host knows of a tensor's elements without asking its device: none is below `low` or above
/// `high`.
struct Range {
  double low, high;
};

/// A Storage is an intrusively counted buffer. Tensors hold it; when none does, the device's allocator keeps or frees
/// it.
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
  /// Sets the range of all elements as they are now. The next write forgets it.
  void know(Range range) {
    range_ = range;
    range_version_ = version();
  }
  /// Returns these elements in another dtype, as set_twin gave them, if nobody has written since; else null.
  Ref<Storage> twin(DType dtype) const {
    return twin_version_ == version() && twin_dtype_ == dtype ? twin_ : Ref<Storage>();
  }
  void set_twin(Ref<Storage> twin, DType dtype) {
    twin_ = std::move(twin);
    twin_dtype_ = dtype;
    twin_version_ = version();
  }
  std::optional<Range> known() const { return range_version_ == version() ? std::optional(range_) : std::nullopt; }

 private:
  friend class CachingAllocator;
  explicit Storage(Device device) : device_(device) {}
  Device device_;
  DeviceBuffer buffer_{};
  std::atomic<int32_t> references_{1};
  Range range_{};
  uint64_t range_version_ = ~uint64_t{0};  // no version: no range is known
  Ref<Storage> twin_;
  DType twin_dtype_ = DType::f32;
  uint64_t twin_version_ = ~uint64_t{0};
  static constexpr size_t no_class = ~size_t{0};  // of a buffer that the backend keeps itself
  size_t size_class_ = no_class;
  Storage* next_free_ = nullptr;  // of the allocator's list, while nobody holds this one
};

/// CachingAllocator keeps storages that nobody holds, sorted by size class, and hands them out again. It asks the
/// backend only for new sizes, and for every buffer that the backend keeps itself.
class CachingAllocator {
 public:
  explicit CachingAllocator(OpenDevice& device) : device_(device) {}
  /// Returns a storage of at least `bytes` bytes with one reference. Throws DeviceError when the limit leaves no room,
  /// or when the backend has no more memory even after the cache was given back.
  Storage* allocate(size_t bytes);
  void release(Storage* storage);
  void release_cached();
  MemoryStatistics statistics() const;
  void reset_peak();
  void set_limit(size_t bytes);

 private:
  bool keeps(size_t bytes) const { return bytes < device_.own_table.keeps_from; }
  void release_cached_locked();
  /// Takes a free storage of the smallest class that is large enough and not much too large; null where there is none.
  Storage* take_free(size_t wanted);
  Storage* allocate_new(size_t size);
  OpenDevice& device_;
  mutable Mutex mutex_;
  std::vector<Storage*> free_;  // the first of each size class's list
  MemoryStatistics statistics_{};
};

/// A DeviceState is an open device and its allocator. Every Device refers to one.
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
