// The precision of products, for all and for a stretch of work, forward and backward.
#include "core/device/precision.h"

#include <doctest/doctest.h>

#include <atomic>
#include <latch>
#include <thread>

#include "core/tape/tape.h"
#include "core/thread/parts.h"
#include "ops/math/matmul.h"
#include "tests/support/threads.h"

using namespace grus;

namespace {

/// bf16 does not have the number `in_f32`; the one below is `in_bf16`.
constexpr float in_f32 = 1 + 0x1p-7 + 0x1p-9, in_bf16 = 1 + 0x1p-7;

Tensor factor() { return Tensor::from({in_f32}, {1, 1}, Device("cpu")); }
/// Returns what a product that is asked for here and now makes of the number.
float multiplied() { return matmul(factor(), Tensor::ones({1, 1}, DType::f32, Device("cpu"))).item<float>(); }

struct ForAll {
  explicit ForAll(Precision precision) { set_product_precision(precision); }
  ~ForAll() { set_product_precision(Precision::f32); }
};

}  // namespace

TEST_CASE("precision: products are f32 unless bf16 is asked for, for all or while a scope lives") {
  CHECK(multiplied() == in_f32);
  {
    const PrecisionScope scope(Precision::bf16);
    CHECK(multiplied() == in_bf16);
    const PrecisionScope inner(Precision::f32);
    CHECK(multiplied() == in_f32);
  }
  CHECK(multiplied() == in_f32);
  const ForAll all(Precision::bf16);
  CHECK(multiplied() == in_bf16);
  const PrecisionScope scope(Precision::f32);
  CHECK(multiplied() == in_f32);
}

TEST_CASE("precision: a scope is its thread's, and that of the parts of its loops") {
  const test::Threads threads(2);
  const PrecisionScope scope(Precision::bf16);
  float elsewhere = 0;
  std::thread([&] { elsewhere = multiplied(); }).join();
  CHECK(elsewhere == in_f32);
  std::atomic<int> rounded = 0;
  std::latch both(2);
  in_parts(Device("cpu"), 1000, 2, [&](int, int) {
    both.arrive_and_wait();  // so that no thread takes both
    rounded += multiplied() == in_bf16;
  });
  CHECK(rounded == 2);
}

TEST_CASE("precision: gradients are made in the precision of the forward pass, whatever holds when they are made") {
  for (const Precision then : {Precision::f32, Precision::bf16})
    for (const Precision later : {Precision::f32, Precision::bf16}) {
      Tape tape;
      const Tensor x = tape.watch(factor()), y = tape.watch(Tensor::ones({1, 1}, DType::f32, Device("cpu")));
      Tensor z;
      {
        const PrecisionScope scope(then);
        z = matmul(x, y);
      }
      const PrecisionScope scope(later);
      CHECK(tape.grad(z, {y})[0].item<float>() == (then == Precision::f32 ? in_f32 : in_bf16));
    }
}
