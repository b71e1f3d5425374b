#include "core/tape/narrow.h"

#include <mutex>

#include "core/base/mutex.h"
#include "core/tensor/raw.h"

namespace grus {
namespace {

constexpr size_t least_bytes = size_t{1} << 14;

/// One mutex guards the twins of all memory, as tapes of several threads may save the same tensor.
Mutex& twins_mutex() {
  static auto* const mutex = new Mutex;  // never destroyed: a tape in a static object may go later
  return *mutex;
}

View row_of(Storage& storage, int64_t offset, DType dtype, int64_t count) {
  return {storage.buffer(), offset, dtype, 1, {count}, {1}};
}

Ref<Storage> rounded(Storage& storage, DType dtype) {
  const Device device = storage.device();
  const size_t count = storage.buffer()->bytes / sizeof(float);
  const auto twin = Ref<Storage>::adopt(Storage::create(count * size_of(dtype), device));
  const auto all = static_cast<int64_t>(count);
  device.check(
      device.kernels().copy(device.context(), row_of(*twin, 0, dtype, all), row_of(storage, 0, DType::f32, all), false),
      "activations");
  return twin;
}

}  // namespace

bool is_worth_narrowing(const Tensor& x) {
  return x.defined() && x.dtype() == DType::f32 && !x.leaf() && Raw::storage(x).buffer()->bytes >= least_bytes;
}

Tensor narrowed(const Tensor& x, DType dtype) {
  Storage& storage = Raw::storage(x);
  const std::lock_guard lock(twins_mutex());
  Ref<Storage> twin = storage.twin(dtype);
  if (!twin) {
    twin = rounded(storage, dtype);
    storage.set_twin(twin, dtype);
  }
  return Raw::on(x, std::move(twin), Raw::offset(x), dtype);
}

Tensor widened(const Tensor& saved) {
  const Device device = saved.device();
  const int64_t count = saved.numel();
  auto wide = Ref<Storage>::adopt(Storage::create(static_cast<size_t>(count) * sizeof(float), device));
  device.check(device.kernels().copy(device.context(), row_of(*wide, 0, DType::f32, count),
                                     row_of(Raw::storage(saved), Raw::offset(saved), saved.dtype(), count), false),
               "activations");
  return Raw::on(saved, std::move(wide), 0, DType::f32);
}

}  // namespace grus
