#include "core/tensor/tensor.h"
#include "core/tensor/raw.h"

#include <doctest/doctest.h>

#include <thread>

#include "core/base/error.h"
#include "core/tape/tape.h"
#include "core/tensor/lengths.h"
#include "core/tensor/random.h"
#include "ops/math/elementwise.h"
#include "ops/math/reduce.h"
#include "tests/support/tensors.h"

using namespace grus;
using grus::test::message_of;

// Variables can be assigned to and results cannot: `x[0] = y` does not compile.
static_assert(std::is_assignable_v<Tensor&, const Tensor&> && std::is_assignable_v<Tensor&, Tensor>);
static_assert(!std::is_assignable_v<Tensor, const Tensor&> && !std::is_assignable_v<Tensor, Tensor>);

TEST_CASE("shape: broadcasting follows NumPy's rule, and names both shapes when it cannot") {
  CHECK(broadcast({3, 1, 5}, {4, 1}, "add") == Shape{3, 4, 5});
  CHECK(broadcast({}, {2}, "add") == Shape{2});
  CHECK(broadcast({0, 3}, {1, 3}, "add") == Shape{0, 3});
  CHECK_THROWS_WITH_AS(broadcast({2, 3}, {4, 3}, "add"),
                       "[add] need shapes that broadcast together, got (2, 3) and (4, 3)", ShapeError);
}

TEST_CASE("shape: more axes than there may be, negative and overflowing sizes are errors") {
  CHECK_THROWS_AS((Shape{1, 1, 1, 1, 1, 1, 1}), ShapeError);
  CHECK_THROWS_AS((Shape{-1}), ShapeError);
  CHECK_THROWS_AS((Shape{int64_t{1} << 40, int64_t{1} << 40}.numel()), ShapeError);
}

TEST_CASE("tensor: values go in and come out in row-major order") {
  const Tensor x = Tensor::from<float>({1, 2, 3, 4, 5, 6}, {2, 3});
  CHECK(x[1].to_vector<float>() == std::vector<float>{4, 5, 6});
  CHECK(x.reshape({3, -1})[2].to_vector<float>() == std::vector<float>{5, 6});
  CHECK(x.rows(-1, 2).shape() == Shape{1, 3});
  CHECK(Tensor::arange(2, 5).to_vector<int64_t>() == std::vector<int64_t>{2, 3, 4});
  CHECK(Tensor::full({2}, 7, DType::i32).to_vector<int32_t>() == std::vector<int32_t>{7, 7});
  CHECK(Tensor::from_bools({true, false}, {2}).to_bools() == std::vector<bool>{true, false});
  CHECK(Tensor::zeros({0, 3}).to_vector<float>().empty());
}

TEST_CASE("tensor: one element is a number, of any dtype") {
  CHECK(Tensor::full({1, 1}, 2.5).item() == 2.5);
  CHECK(Tensor::full({}, 7, DType::i32).item() == 7);
  CHECK(Tensor::full({}, -7, DType::i64).item() == -7);
  CHECK(Tensor::from_bools({true}, {1}).item() == 1);
}

TEST_CASE("tensor: u8, bf16 and f16 hold values, and ops of numbers ask for a cast") {
  const Tensor pixels = Tensor::from<uint8_t>({0, 128, 255, 7}, {2, 2});
  CHECK(pixels[1].to_vector<uint8_t>() == std::vector<uint8_t>{255, 7});
  CHECK(pixels.to(DType::f32).to_vector<float>() == std::vector<float>{0, 128, 255, 7});
  CHECK(Tensor::full({}, 200, DType::u8).item() == 200);
  CHECK(message_of([] { return Tensor::full({2}, 256, DType::u8); }) ==
        "[full] need an integral number in [0, 255] for u8 (2), got 256");
  CHECK(message_of([&] { return pixels + pixels; }) == "[add] need numbers, got u8 (2, 2); cast() it first");
  const Tensor rounded = Tensor::full({1}, 1.0 / 3).to(DType::bf16);
  CHECK(rounded.item() == 0.333984375);
  CHECK(rounded.to_vector<bfloat16>() == std::vector<bfloat16>{to_bfloat16(1.0f / 3)});
  CHECK(message_of([&] { return rounded.exp(); }) == "[exp] need f32 or f64, got bf16 (1)");
  const Tensor half = Tensor::full({1}, 1.0 / 3).to(DType::f16);
  CHECK(half.to_vector<float16>() == std::vector<float16>{to_float16(1.0f / 3)});
  CHECK(half.item() == doctest::Approx(1.0 / 3).epsilon(1e-3));
  CHECK(half.to(DType::f32).item() == half.item());
}

TEST_CASE("tensor: what does not fit is named") {
  const Tensor x = Tensor::zeros({2, 3});
  CHECK_THROWS_WITH_AS(Tensor::from<float>({1, 2}, {3}), "[tensor] need 3 values for shape (3), got 2", ShapeError);
  CHECK_THROWS_WITH_AS(x.reshape({4, -1}),
                       "[reshape] need sizes beside -1 whose product divides the 6 elements of (2, 3), got (4, -1), a "
                       "product of 4",
                       ShapeError);
  CHECK_THROWS_WITH_AS(x.reshape({4, 2}), "[reshape] need the same number of elements, got (4, 2) for (2, 3)",
                       ShapeError);
  CHECK_THROWS_WITH_AS(x[2], "[index] need an index in [-2, 2), got 2", ShapeError);
  CHECK_THROWS_WITH_AS(x.item(), "[item] need one element, got shape (2, 3)", ShapeError);
  CHECK_THROWS_WITH_AS(x.to_vector<double>(), "[to_vector] need values of f32, asked for f64", DtypeError);
  CHECK_THROWS_AS(Tensor().device(), UsageError);
}

TEST_CASE("device: one that is not there is an error that lists those that are") {
  CHECK_THROWS_AS(Device("abacus"), DeviceError);
  CHECK(Device("cpu") == Device("cpu"));
  const Tensor a = Tensor::zeros({1}, DType::f32, Device("cpu")),
               b = Tensor::zeros({1}, DType::f32, Device("reference"));
  CHECK_THROWS_WITH_AS(a + b, "[add] need one device, got cpu and reference", DeviceError);
}

TEST_CASE("allocator: freed memory is used again, and live and peak bytes are counted") {
  const Device device("reference");
  const size_t before = memory_statistics(device).live;
  { const Tensor warm = Tensor::empty({1000}, DType::f32, device); }
  const size_t calls = memory_statistics(device).allocations;
  reset_peak_memory(device);
  {
    const Tensor a = Tensor::empty({1000}, DType::f32, device);
    CHECK(memory_statistics(device).live >= before + 4000);
  }
  CHECK(memory_statistics(device).allocations == calls);
  CHECK(memory_statistics(device).live == before);
  CHECK(memory_statistics(device).peak >= before + 4000);
  release_cached_memory(device);
  CHECK(memory_statistics(device).cached == 0);
}

TEST_CASE("lengths: packed rows are step-major, the longest sequence first") {
  const Lengths lengths({1, 3, 2}, 4);
  CHECK(lengths.order() == std::vector<int64_t>{1, 2, 0});
  CHECK(lengths.rank() == std::vector<int64_t>{2, 0, 1});
  CHECK(lengths.total() == 6);
  CHECK(lengths.longest() == 3);
  CHECK(lengths.alive(0) == 3);
  CHECK(lengths.alive(2) == 1);
  CHECK(lengths.packed_rows().to_vector<int64_t>() == std::vector<int64_t>{1, 2, 0, 4, 5, 7});
  CHECK(lengths.last_rows().to_vector<int64_t>() == std::vector<int64_t>{2, 5, 4});
  CHECK(lengths.mask().to_bools() ==
        std::vector<bool>{true, false, false, false, true, true, true, false, true, true, false, false});
  CHECK_THROWS_WITH_AS(Lengths({2, 5}, 4), "[lengths] need lengths in [0, 4], got 5 for sequence 1", UsageError);
}

TEST_CASE("random: a draw is named by seed and number, and its state can be put back") {
  Rng rng(7);
  const auto first = random_uniform({5}, 0, 1, rng).to_vector<float>();
  const RandomKey state = rng.state();
  const auto second = random_uniform({5}, 0, 1, rng).to_vector<float>();
  CHECK(first != second);
  rng.set_state(state);
  CHECK(random_uniform({5}, 0, 1, rng).to_vector<float>() == second);
  Rng same(7);
  CHECK(random_uniform({5}, 0, 1, same).to_vector<float>() == first);
}

TEST_CASE("random: a further thread's default generator must be seeded there") {
  manual_seed(5);
  const auto draw = [] { return random_uniform({5}, 0, 1, default_rng()).to_vector<float>(); };
  const auto mine = draw();
  std::string message;
  std::vector<float> others, others_again;
  std::thread([&] {
    const RandomKey state = default_rng().state();  // a checkpoint that draws nothing does the same
    default_rng().set_state(state);
    try {
      draw();
    } catch (const UsageError& error) {
      message = error.what();
    }
    manual_seed(6);
    others = draw();
  }).join();
  std::thread([&] {
    manual_seed(6);
    others_again = draw();
  }).join();
  CHECK(
      message ==
      "[default_rng] need manual_seed(n) in every thread but the main one before its default generator draws, got none "
      "in this one: threads that begin alike would draw the same numbers");
  CHECK(others != mine);
  CHECK(others == others_again);
  manual_seed(5);
  CHECK(draw() == mine);
}

TEST_CASE("leaf: two threads, each with a tape over its shard, add up to the gradient of the whole") {
  const Ref<Leaf> w = Leaf::create(Tensor::from<double>({1, -2}, {2}));
  const Tensor x = Tensor::from<double>({3, 4, 5, 6}, {2, 2});
  const auto work = [&](int64_t shard) {
    Tape tape;
    tape.backward(sum(w->tensor() * x[shard]));
  };
  std::thread other(work, 1);
  work(0);
  other.join();
  CHECK(w->grad().to_vector<double>() == std::vector<double>{8, 10});
}

TEST_CASE("allocator: a somewhat larger free buffer serves, a much larger one does not") {
  const Device device = default_device();
  release_cached_memory(device);
  const size_t calls = memory_statistics(device).allocations;
  { const Tensor first = Tensor::empty({10000}); }
  { const Tensor smaller = Tensor::empty({8000}); }
  CHECK(memory_statistics(device).allocations == calls + 1);
  { const Tensor tiny = Tensor::empty({1000}); }
  CHECK(memory_statistics(device).allocations == calls + 2);
}

TEST_CASE("allocator: on the cpu, large buffers of ever new sizes lie where others were freed") {
  const Device device("cpu");
  const auto use = [&](int64_t mib) { return Tensor::empty({mib << 18}, DType::f32, device); };
  const auto place = [](const Tensor& t) { return static_cast<char*>(Raw::matrix(t).buffer->handle); };
  char* const first = place(use(64));
  for (int64_t mib = 1; mib <= 64; ++mib) CHECK(place(use(mib)) == first);
  {
    const Tensor a = use(16), b = use(16), c = use(32);
    CHECK(place(c) == first + (32 << 20));
  }
  CHECK(place(use(64)) == first);
  release_cached_memory(device);
  CHECK(place(use(64)) == first);
}

TEST_CASE("allocator: a limit counts what is kept for reuse, whether it came before or after") {
  const Device device("reference");
  release_cached_memory(device);
  const auto held = [&] { return memory_statistics(device).live + memory_statistics(device).cached; };
  const auto use = [&](int64_t kib) { return Tensor::empty({kib << 8}, DType::f32, device); };
  const size_t before = held(), limit = before + (size_t{64} << 10);
  { const Tensor freed = use(1024); }
  CHECK(held() >= before + (size_t{1} << 20));
  set_memory_limit(device, limit);
  CHECK(held() <= limit);
  CHECK_THROWS_AS(use(1024), DeviceError);
  set_memory_limit(device, 0);
  {
    const Tensor large = use(1024);
    set_memory_limit(device, limit);  // what is in use stays
    CHECK(large.numel() == 1 << 18);
  }
  CHECK(held() <= limit);
  CHECK_THROWS_AS(use(1024), DeviceError);
  CHECK(use(16).numel() == 1 << 12);
  set_memory_limit(device, 0);
}

TEST_CASE("allocator: more memory than there can be is one clear error") {
  const Device device("cpu");
  const size_t live = memory_statistics(device).live;
  try {
    Tensor::empty({int64_t{1} << 50}, DType::f32, device);
    FAIL("nothing was thrown");
  } catch (const DeviceError& error) {
    CHECK(std::string(error.what())
              .starts_with("[cpu] need 4503599627370496 bytes of memory, got none: out of memory ("));
  }
  CHECK(memory_statistics(device).live == live);
}
