#pragma once
// Counter-based random numbers (Philox4x32-10; Salmon et al. 2011): (seed, draw number) name a draw, the logical index
// names an element of it, so the bits do not depend on threads, devices or how a batch is packed.
#include "core/tensor/tensor.h"

namespace grus {

/// A RandomKey names a draw.
struct RandomKey {
  uint64_t seed, draw;
};

/// An Rng is a stream of draws. Its whole state is the key of the next one.
class Rng {
 public:
  explicit Rng(uint64_t seed) : state_{seed, 0} {}
  /// Returns the key of the next draw and counts on. Throws UsageError for a default_rng() that must be seeded first.
  RandomKey next() {
    if (state_.draw == unseeded) [[unlikely]]
      fail_unseeded();
    return {state_.seed, state_.draw++};
  }
  RandomKey state() const { return state_; }
  void set_state(RandomKey state) { state_ = state; }

 private:
  friend Rng& default_rng();
  static constexpr uint64_t unseeded = ~uint64_t{0};
  [[noreturn]] static void fail_unseeded();
  RandomKey state_;
};

/// Returns this thread's generator. Initialisers, dropout and the functions below draw from it unless they are given
/// another. The main thread's starts from seed 0. Any other thread calls manual_seed(n) before its first draw, each
/// with an n of its own: no two threads then draw alike, whichever came first, and every run draws the same.
Rng& default_rng();
inline void manual_seed(uint64_t seed) { default_rng().set_state({seed, 0}); }

/// Draws uniformly from [low, high). Throws UsageError unless low <= high, DtypeError unless f32 or f64.
Tensor random_uniform(const Shape& shape, double low, double high, Rng& rng = default_rng(), DType dtype = DType::f32,
                      Device device = default_device());
/// Draws from the normal distribution N(mean, deviation^2). Throws UsageError for a deviation below 0, DtypeError
/// unless f32 or f64.
Tensor random_normal(const Shape& shape, double mean, double deviation, Rng& rng = default_rng(),
                     DType dtype = DType::f32, Device device = default_device());
/// Draws integers of [low, high), each as likely (to 2^-32). Throws UsageError unless low < high and high - low is at
/// most 2^32, DtypeError unless i32 or i64, whose range must hold them.
Tensor random_integers(const Shape& shape, int64_t low, int64_t high, Rng& rng = default_rng(),
                       DType dtype = DType::i64, Device device = default_device());
/// y = 0 with probability p, else 1 / (1 - p). With row_ids (i64, one a row), row i draws the numbers of row
/// row_ids[i]. Throws, naming `op`: UsageError unless 0 <= p < 1, for a negative id, or one whose numbers 64 bits do
/// not count; DtypeError, ShapeError, DeviceError for row ids that do not fit.
Tensor random_keep_mask(const Shape& shape, double p, Rng& rng = default_rng(), DType dtype = DType::f32,
                        Device device = default_device(), const Tensor& row_ids = Tensor(),
                        const char* op = "random_keep_mask");

}  // namespace grus
