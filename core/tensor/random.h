#pragma once
// Counter-based random numbers (Philox4x32-10; Salmon et al. 2011): a draw is named by (seed, draw number), an element
// of it by its logical index, so the bits do not depend on threads, devices or how a batch is packed.
#include "core/tensor/tensor.h"

namespace grus {

struct RandomKey {
  uint64_t seed, draw;
};

/// The stream of draws. Its whole state is two numbers.
class Rng {
 public:
  explicit Rng(uint64_t seed) : state_{seed, 0} {}
  /// Throws UsageError for a default_rng() that must be seeded first.
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

/// This thread's generator, from which all draw that get no other: initialisers, dropout and the functions below. The
/// main thread's starts from seed 0. Any other thread calls manual_seed(n) before its first draw, each with an n of its
/// own: no two then draw alike, whichever came first, and every run draws the same.
Rng& default_rng();
inline void manual_seed(uint64_t seed) { default_rng().set_state({seed, 0}); }

/// Uniform in [low, high).
Tensor random_uniform(const Shape& shape, double low, double high, Rng& rng = default_rng(), DType dtype = DType::f32,
                      Device device = default_device());
Tensor random_normal(const Shape& shape, double mean, double deviation, Rng& rng = default_rng(),
                     DType dtype = DType::f32, Device device = default_device());
/// 0 with probability p, else 1 / (1 - p). With row_ids (i64, one a row), row i draws the numbers of row row_ids[i].
/// Throws UsageError, naming `op`, for a negative id, or one whose numbers 64 bits do not count.
Tensor random_keep_mask(const Shape& shape, double p, Rng& rng = default_rng(), DType dtype = DType::f32,
                        Device device = default_device(), const Tensor& row_ids = Tensor(),
                        const char* op = "random_keep_mask");

}  // namespace grus
