// Packed forms of weights: when they are made, kept, shared and given up (core/backends/cpu/derived.h).
#include <doctest/doctest.h>

#include <atomic>
#include <thread>
#include <vector>

#include "core/backends/cpu/derived.h"
#include "core/backends/cpu/kernel_choice.h"
#include "tests/core/backends/cpu_products.h"

using namespace grus;
using test::floats_packed;
using test::precisions;
using test::Run;

namespace {

/// Returns what a product of the run asks packed_weight for.
cpu::Product<float> product_by_weight(Run<float>& run) {
  cpu::Product<float> p{};
  p.transpose_b = run.c.transpose_b;
  p.n = run.c.n;
  p.k = run.c.k;
  p.b = run.b.data<float>();
  p.ldb = run.b_cols;
  return p;
}

}  // namespace

TEST_CASE("gemm: a weight is packed again for the other precision") {
  Run<float> run({.m = 12, .n = 40, .k = 31, .transpose_b = true});
  for (Precision precision : {Precision::f32, Precision::bf16, Precision::f16, Precision::f32}) {
    const PrecisionScope scope(precision);
    CHECK(run.error() < 5);
  }
}

TEST_CASE("gemm: a weight packed for bf16 or f16 takes half the memory") {
  CHECK(2 * floats_packed(512, 1536, Precision::f16) == floats_packed(512, 1536, Precision::f32));
  CHECK(2 * floats_packed(512, 1536, Precision::bf16) == floats_packed(512, 1536, Precision::f32));
}

TEST_CASE("gemm: a weight that was written is packed again") {
  Run<float> run({.m = 12, .n = 40, .k = 30, .transpose_b = true});
  CHECK(run.error() < 5);
  test::fill<float>(run.b, run.b_size, 5);
  run.b.storage->raise_version();
  CHECK(run.error() < 5);
}

TEST_CASE("gemm: a large weight keeps a packed form for few rows, and none for many") {
  Run<float> many({.m = 385, .n = 640, .k = 1700, .transpose_b = true});
  many.multiply();
  CHECK((many.b.storage->buffer()->derived != nullptr) == cpu::f32_choice().large_weights);
  CHECK(many.row_error(384) < 5);
  Run<float> few({.m = 4, .n = 640, .k = 1700, .transpose_b = true});
  CHECK(few.error() < 5);
  CHECK(few.b.storage->buffer()->derived != nullptr);
}

TEST_CASE(
    "gemm: a weight that meets more than 384 rows is kept packed from its second product on, with the same bits") {
  for (Precision precision : precisions) {
    CAPTURE(name_of(precision));
    const PrecisionScope scope(precision);
    Run<float> run({.m = 385, .n = 40, .k = 1100, .transpose_b = true});
    const auto packings = [&run] {
      const int64_t before = cpu::weights_packed();
      run.multiply();
      return cpu::weights_packed() - before;
    };
    const auto numbers = [&run] { return std::vector<float>(run.y.data<float>(), run.y.data<float>() + run.y_size); };
    CHECK(packings() == 1);
    CHECK(run.row_error(380) < 5);
    const std::vector<float> alone = numbers();
    CHECK(packings() == 1);
    CHECK(numbers() == alone);
    CHECK(packings() == 0);
    CHECK(numbers() == alone);
    // A form that was used more than once is made again, one that was used once is given up.
    run.b.storage->raise_version();
    CHECK(packings() == 1);
    run.b.storage->raise_version();
    CHECK(packings() == 1);
    CHECK(packings() == 1);
  }
}

TEST_CASE("gemm: a deep weight gives many rows the same bits each time, with beta and gaps between rows, too") {
  Run<float> run({.m = 385, .n = 17, .k = 4500, .transpose_b = true, .beta = 0.5, .gap = 3});
  const auto product = [&run] {
    run.multiply();
    return std::vector<float>(run.y.data<float>(), run.y.data<float>() + run.y_size);
  };
  const std::vector<float> first = product();
  CHECK(run.row_error(380) < 5);
  CHECK(product() == first);
}

TEST_CASE("gemm: the forms of the forward and the backward pass share memory, until a weight needs both as it is") {
  Run<float> run({.m = 6, .n = 24, .k = 40, .transpose_b = true});
  const cpu::Product<float> forward = product_by_weight(run), backward = cpu::turned(forward);
  const auto panels = [&](const cpu::Product<float>& p) {
    return cpu::packed_weight(run.b.storage->buffer(), 0, p).get();
  };
  const float* const place = panels(forward);
  CHECK(panels(backward) == place);
  run.b.storage->raise_version();
  CHECK(panels(forward) == place);
  CHECK(panels(backward) == place);
  const int64_t packed = cpu::weights_packed();
  const float* const own = panels(forward);
  CHECK(own != place);
  CHECK(panels(backward) == place);
  CHECK(panels(forward) == own);
  CHECK(cpu::weights_packed() - packed == 1);
}

TEST_CASE("gemm: parts of a weight have forms of their own") {
  Run<float> run({.m = 6, .n = 24, .k = 24, .transpose_b = true});
  const cpu::Product<float> forward = product_by_weight(run);
  cpu::Product<float> part = cpu::turned(forward);
  part.k = 12;
  part.b += 12 * part.ldb;
  DeviceBuffer* const buffer = run.b.storage->buffer();
  const float* const whole = cpu::packed_weight(buffer, 0, forward).get();
  CHECK(cpu::packed_weight(buffer, 12 * part.ldb, part).get() != whole);
  CHECK(cpu::packed_weight(buffer, 0, cpu::turned(forward)).get() == whole);
}

TEST_CASE("gemm: threads that multiply by both forms of one weight at once get what one thread gets") {
  constexpr int rows = 6, rounds = 200;
  Run<float> run({.m = rows, .n = 24, .k = 40, .transpose_b = true});
  const auto product = [&run](bool backward) {
    cpu::Product<float> p = backward ? cpu::turned(product_by_weight(run)) : product_by_weight(run);
    std::vector<float> y(static_cast<size_t>(rows * p.n));
    p.m = rows;
    p.alpha = 1;
    p.a = run.a.data<float>();
    p.lda = p.k;
    p.y = y.data();
    p.c = y.data();
    p.ldy = p.ldc = p.n;
    cpu::packed_gemm(p, cpu::packed_weight(run.b.storage->buffer(), 0, p).get());
    return y;
  };
  const std::vector<float> expected[] = {product(false), product(true)};
  std::atomic<int> wrong = 0;
  const auto work = [&](bool backward) {
    for (int i = 0; i < rounds; ++i) wrong += product(backward) != expected[backward];
  };
  cpu::drop_derived(run.b.storage->buffer());
  std::thread other([&] { work(true); });
  work(false);
  other.join();
  CHECK(wrong == 0);
}

TEST_CASE("gemm: a form that somebody multiplies by stays as it is while the other one is made") {
  Run<float> run({.m = 6, .n = 24, .k = 40, .transpose_b = true});
  const cpu::Product<float> forward = product_by_weight(run);
  const cpu::PackedWeight held = cpu::packed_weight(run.b.storage->buffer(), 0, forward);
  const std::vector<float> before(held.get(), held.get() + cpu::packed_elements(forward));
  const cpu::PackedWeight other = cpu::packed_weight(run.b.storage->buffer(), 0, cpu::turned(forward));
  CHECK(other.get() != held.get());
  CHECK(std::vector<float>(held.get(), held.get() + cpu::packed_elements(forward)) == before);
}

TEST_CASE("gemm: both forms of a weight are right in turns") {
  const Device cpu("cpu");
  Run<float> run({.m = 6, .n = 40, .k = 40, .transpose_b = true});
  CHECK(run.error() < 5);
  run.c.transpose_b = false;
  CHECK(run.error() < 5);
  run.c.transpose_b = true;
  CHECK(run.error() < 5);
  cpu.kernels().drop_derived(cpu.context(), run.b.storage->buffer());
  CHECK(run.b.storage->buffer()->derived == nullptr);
  CHECK(run.error() < 5);
}
