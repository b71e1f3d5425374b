#include "core/tensor/random.h"

#include <algorithm>
#include <limits>
#include <thread>

#include "core/base/error.h"
#include "core/tensor/raw.h"

namespace grus {
namespace {

/// Returns the thread that ran the initialisers of static objects. One of them may be the first to ask.
std::thread::id main_thread() {
  static const std::thread::id id = std::this_thread::get_id();
  return id;
}
[[maybe_unused]] const std::thread::id asked_at_start = main_thread();

/// Element j of the row with id i has the number i * cols + j, which must fit 63 bits.
void require_row_ids(const char* op, const Tensor& ids, const Tensor& y, const Matrix& rows) {
  require<DtypeError>(ids.dtype() == DType::i64, "[{}] need i64 row ids, got {} {}", op, ids.dtype(), ids.shape());
  require(ids.numel() == rows.rows, "[{}] need an id for each of {} rows, got {}", op, rows.rows, ids.shape());
  require_device_of(op, y, ids, "row ids");
  const auto in_range = [most = std::numeric_limits<int64_t>::max() / rows.cols](auto id) {
    return id >= 0 && id < static_cast<decltype(id)>(most);
  };
  if (const auto known = Raw::known_range(ids); known && in_range(known->low) && in_range(known->high)) return;
  for (const int64_t id : ids.to_vector<int64_t>())  // the host waits for the device
    require<UsageError>(in_range(id), "[{}] need row ids of at least 0 whose {} numbers 64 bits count, got {}", op,
                        rows.cols, id);
}

void require_float(const char* op, DType dtype) {
  require<DtypeError>(is_float(dtype), "[{}] need f32 or f64, got {}", op, dtype);
}

Tensor draw(const char* op, RandomKind kind, const Shape& shape, double low, double high, Rng& rng, DType dtype,
            Device device, const Tensor& row_ids) {
  Tensor y = Tensor::empty(shape, dtype, device);
  if (y.numel() == 0) {
    rng.next();
    return y;
  }
  RandomArgs args{kind, Raw::write_matrix(y), Matrix{}, 0, 0, low, high};
  if (row_ids.defined()) {
    require_row_ids(op, row_ids, y, args.y);
    args.row_ids = Raw::matrix(row_ids);
  }
  const RandomKey key = rng.next();  // a call that is refused draws nothing
  args.seed = key.seed;
  args.draw = key.draw;
  device.check(device.kernels().random(device.context(), args), "random");
  return y;
}

}  // namespace

void Rng::fail_unseeded() {
  fail<UsageError>(
      "[default_rng] need manual_seed(n) in every thread but the main one before its default generator draws, got none "
      "in this one: threads that begin alike would draw the same numbers");
}

Rng& default_rng() {
  thread_local Rng rng = [] {
    Rng fresh(0);
    if (std::this_thread::get_id() != main_thread()) fresh.set_state({0, Rng::unseeded});
    return fresh;
  }();
  return rng;
}

Tensor random_uniform(const Shape& shape, double low, double high, Rng& rng, DType dtype, Device device) {
  require<UsageError>(low <= high, "[random_uniform] need low <= high, got {} and {}", low, high);
  require_float("random_uniform", dtype);
  return draw("random_uniform", RandomKind::uniform, shape, low, high, rng, dtype, device, {});
}

Tensor random_normal(const Shape& shape, double mean, double deviation, Rng& rng, DType dtype, Device device) {
  require<UsageError>(deviation >= 0, "[random_normal] need a deviation of at least 0, got {}", deviation);
  require_float("random_normal", dtype);
  return draw("random_normal", RandomKind::normal, shape, mean, deviation, rng, dtype, device, {});
}

Tensor random_keep_mask(const Shape& shape, double p, Rng& rng, DType dtype, Device device, const Tensor& row_ids,
                        const char* op) {
  require<UsageError>(p >= 0 && p < 1, "[{}] need a probability in [0, 1), got {}", op, p);
  require_float(op, dtype);
  return draw(op, RandomKind::keep_mask, shape, p, 1 / (1 - p), rng, dtype, device, row_ids);
}

Tensor random_integers(const Shape& shape, int64_t low, int64_t high, Rng& rng, DType dtype, Device device) {
  constexpr const char* op = "random_integers";
  require<DtypeError>(dtype == DType::i32 || dtype == DType::i64, "[{}] need i32 or i64, got {}", op, dtype);
  int64_t range = 0;
  const bool counted = !__builtin_sub_overflow(high, low, &range) && range <= int64_t{1} << 32;
  require<UsageError>(low < high && counted, "[{}] need low < high, at most 2^32 apart, got {} and {}", op, low, high);
  constexpr int64_t exact = int64_t{1} << 53;  // the kernel takes bounds as doubles
  require<UsageError>(low >= -exact && high <= exact, "[{}] need bounds within +-2^53, got {} and {}", op, low, high);
  for (const int64_t bound : {low, high - 1}) require_representable(op, static_cast<double>(bound), dtype, shape);
  const Tensor y =
      draw(op, RandomKind::integer, shape, static_cast<double>(low), static_cast<double>(high), rng, dtype, device, {});
  if (y.numel() > 0) Raw::know_range(y, {static_cast<double>(low), static_cast<double>(high - 1)});
  return y;
}

}  // namespace grus
