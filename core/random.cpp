#include "core/random.h"

#include <thread>

#include "core/error.h"

namespace grus {
namespace {

/// The one that ran the initialisers of static objects, which may be the first to ask.
std::thread::id main_thread() {
  static const std::thread::id id = std::this_thread::get_id();
  return id;
}
[[maybe_unused]] const std::thread::id asked_at_start = main_thread();

Tensor draw(RandomKind kind, const Shape& shape, double low, double high, Rng& rng, DType dtype, Device device,
            const Tensor& row_ids) {
  require<DtypeError>(is_float(dtype), "[random] need f32 or f64, got {}", dtype);
  Tensor y = Tensor::empty(shape, dtype, device);
  const RandomKey key = rng.next();
  if (y.numel() == 0) return y;
  RandomArgs args{kind, y.write_matrix(), Matrix{}, key.seed, key.draw, low, high};
  if (row_ids.defined()) {
    require(row_ids.dtype() == DType::i64 && row_ids.numel() == args.y.rows,
            "[random] need one i64 id for each of {} rows, got {} {}", args.y.rows, row_ids.dtype(), row_ids.shape());
    args.row_ids = row_ids.matrix();
  }
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
  return draw(RandomKind::uniform, shape, low, high, rng, dtype, device, {});
}

Tensor random_normal(const Shape& shape, double mean, double deviation, Rng& rng, DType dtype, Device device) {
  require<UsageError>(deviation >= 0, "[random_normal] need a deviation of at least 0, got {}", deviation);
  return draw(RandomKind::normal, shape, mean, deviation, rng, dtype, device, {});
}

Tensor random_keep_mask(const Shape& shape, double p, Rng& rng, DType dtype, Device device, const Tensor& row_ids) {
  require<UsageError>(p >= 0 && p < 1, "[dropout] need a probability in [0, 1), got {}", p);
  return draw(RandomKind::keep_mask, shape, p, 1 / (1 - p), rng, dtype, device, row_ids);
}

}  // namespace grus
