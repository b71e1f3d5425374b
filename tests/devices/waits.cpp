// How often a training step waits for its device.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include "core/base/error.h"
#include "core/tensor/items.h"
#include "core/tensor/raw.h"
#include "ops/loss/loss.h"
#include "ops/math/elementwise.h"
#include "ops/math/index.h"
#include "tests/data/files.h"
#include "tests/devices/translator.h"
#include "tests/support/devices.h"
#include "tests/support/waits.h"

using namespace grus;
using namespace grus::test;

namespace {

template <class F>
int waits_of(F f) {
  Waits waits;
  const KernelObserverScope watching(waits);
  f();
  return waits.count;
}

}  // namespace

TEST_CASE("waits: a training step that clips has none, and one when it tells its loss") {
  for (const Device& device : every_device()) {
    const OnDevice here(device);
    Training training;
    training.step(sentences(5, 6, 0));
    CHECK(waits_of([&] { training.step(sentences(5, 6, 1)); }) == 0);
    CHECK(waits_of([&] { training.step(sentences(5, 6, 2)).item(); }) == 1);
  }
}

TEST_CASE("waits: ids that came from the host are checked there, and others by one look at them") {
  for (const Device& device : every_device()) {
    const OnDevice here(device);
    const Tensor table = Tensor::ones({4, 3}), ids = Tensor::from(std::vector<int64_t>{3, 0, 1});
    CHECK(waits_of([&] { gather_rows(table, ids); }) == 0);
    CHECK(waits_of([&] { gather_rows(table, gather_rows(ids, Tensor::from(std::vector<int32_t>{2, 0}))); }) == 0);
    CHECK(waits_of([&] { one_hot(cast(ids, DType::i32), 4); }) == 0);
    CHECK(waits_of([&] { index_select(table, 1, Tensor::from(std::vector<int64_t>{2, 2})); }) == 0);
    CHECK(waits_of([&] { gather(table, 1, Tensor::from(std::vector<int64_t>{2, 0}, {2, 1})); }) == 0);
    const TopK best = top_k(table, 2);
    CHECK(waits_of([&] { one_hot(best.ids, 3); }) == 0);
    CHECK(waits_of([&] { cross_entropy(table, Tensor::from(std::vector<int32_t>{0, 1, 2, 2})); }) == 0);
    const Tensor computed = ids + Tensor::full({3}, 0, DType::i64);
    CHECK(waits_of([&] { gather_rows(table, computed); }) == 1);
    const auto bad = [&](const Tensor& wrong) { return message_of<UsageError>([&] { gather_rows(table, wrong); }); };
    CHECK(bad(Tensor::from(std::vector<int64_t>{1, 4})) == "[gather_rows] need ids in [0, 4), got 4 at (1)");
    CHECK(bad(computed - 1) == "[gather_rows] need ids in [0, 4), got -1 at (1)");
    CHECK(gather_rows(table, Tensor::from(std::vector<int64_t>{1, 4}).rows(0, 1)).numel() == 3);  // the 4 is elsewhere
  }
}

TEST_CASE("waits: a value that the host knows is forgotten when it is written") {
  Tensor x = Tensor::full({2}, 3, DType::i64);
  REQUIRE(Raw::known_range(x).has_value());
  CHECK(Raw::known_range(x)->high == 3);
  Raw::write_view(x);
  CHECK(!Raw::known_range(x).has_value());
  CHECK(!Raw::known_range(Tensor::full({2}, 0.5)).has_value());
  CHECK(Raw::known_range(Tensor::from(std::vector<int32_t>{4, -2, 1}))->low == -2);
}

TEST_CASE("items: several numbers come with one wait, in their order") {
  for (const Device& device : every_device()) {
    const Tensor a = Tensor::full({}, 1.5, DType::f32, device), b = Tensor::full({1, 1}, -2, DType::f32, device);
    CHECK(waits_of([&] { CHECK(items({a, b, a}) == std::vector<double>{1.5, -2, 1.5}); }) == 1);
    CHECK(items({a, Tensor::full({}, 7, DType::i64, device)}) == std::vector<double>{1.5, 7});
    CHECK(items({Tensor::full({}, 2.5, DType::f64, device)}) == std::vector<double>{2.5});
  }
  CHECK(items({}).empty());
  CHECK_THROWS_AS(items({Tensor::ones({2})}), ShapeError);
}
