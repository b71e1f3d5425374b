// Sizes, indices and numbers at the ends of their types.
#include <doctest/doctest.h>

#include <cmath>
#include <limits>

#include <fmt/format.h>

#include "core/tensor/items.h"
#include "core/tensor/lengths.h"
#include "core/tensor/random.h"
#include "core/tensor/raw.h"
#include "core/tensor/tensor.h"
#include "tests/support/tensors.h"

using namespace grus;
using namespace grus::test;

namespace {
constexpr int64_t most = std::numeric_limits<int64_t>::max(), least = std::numeric_limits<int64_t>::min();
constexpr int64_t huge = int64_t{1} << 62;
}  // namespace

TEST_CASE("sizes: bytes that 64 bits do not count are refused, and so are strides beside an axis of size 0") {
  for (const Device& d : test::devices()) {
    CHECK(message_of([&] { return Tensor::zeros({huge}, DType::f32, d); }) ==
          "[shape] (4611686018427387904) has too many elements");
    CHECK(message_of([&] {
            return Tensor::empty({huge, 0, 4}, DType::boolean, d);
          }).ends_with("has too many elements"));
    CHECK(message_of([&] {
            return Tensor::empty({0, huge, 4}, DType::boolean, d);
          }).ends_with("has too many elements"));
    CHECK(message_of([&] {
            return Tensor::zeros({0, 2}, DType::f32, d).reshape(Shape{0, huge, 4});
          }).ends_with("has too many elements"));
    CHECK(message_of([&] {
            return Tensor::zeros({4}, DType::f32, d).reshape({huge, 4, -1});
          }) == "[reshape] need sizes that fit in 64 bits, got 4611686018427387904 times 4");
    CHECK(message_of([&] { return Tensor::empty({most}, DType::boolean, d); }).find("bytes of memory, got none") !=
          std::string::npos);
    CHECK(Tensor::zeros({0, 3}, DType::f32, d).reshape({3, 0}).shape() == Shape{3, 0});
    CHECK(message_of([&] { return Tensor::arange(least, most, d); }) ==
          "[arange] need a count that fits in 64 bits, got -9223372036854775808 to 9223372036854775807");
    CHECK(message_of([&] { return Tensor::arange(0, huge, d); }).ends_with("has too many elements"));
    CHECK(values(Tensor::arange(most - 2, most, d)).size() == 2);
  }
  CHECK(message_of([] { return Shape({2}).with(0, -1); }) == "[shape] need sizes of at least 0, got -1");
  const std::vector<std::byte> nine(9);
  CHECK(message_of([&] { return Tensor::from_bytes(nine, {1}, DType::f64); }) ==
        "[from_bytes] need elements of 8 bytes, got 9 bytes");
}

TEST_CASE("numbers: one that a dtype does not hold is refused, not wrapped or cut") {
  for (const Device& d : test::devices()) {
    CHECK(message_of([&] { return Tensor::full({1}, 3e9, DType::i32, d); }) ==
          "[full] need an integral number in [-2147483648, 2147483647] for i32 (1), got 3000000000");
    CHECK(message_of([&] { return Tensor::full({2}, 300.7, DType::i32, d); }) ==
          "[full] need an integral number in [-2147483648, 2147483647] for i32 (2), got 300.7");
    CHECK(message_of([&] { return Tensor::full({2}, 0x1p63, DType::i64, d); }) ==
          "[full] need an integral number in [-9223372036854775808, 9223372036854775807] for i64 (2), got "
          "9.223372036854776e+18");
    CHECK(Tensor::full({}, 0.5, DType::boolean, d).item<bool>());
    for (const DType dtype : {DType::i32, DType::i64})
      CHECK(message_of([&] { return Tensor::full({}, std::nan(""), dtype, d); }) != "");
    CHECK(Tensor::full({}, 2147483647, DType::i32, d).item() == 2147483647);
    CHECK(Tensor::full({}, -0x1p63, DType::i64, d).item<int64_t>() == least);
  }
}

TEST_CASE("item: an i64 that no double is is refused, and comes out as itself") {
  for (const Device& d : test::devices()) {
    const int64_t odd = (int64_t{1} << 53) + 1;
    CHECK(i64({odd}, {}, d).item<int64_t>() == odd);
    CHECK(i64({odd - 1}, {1}, d).item() == 0x1p53);
    CHECK(message_of([&] { return i64({odd}, {}, d).item(); }) ==
          "[item] need an i64 that a double holds, got 9007199254740993; ask for item<int64_t>()");
    CHECK(
        message_of([&] { return items({i64({least}, {}, d)}); }).starts_with("[item] need an i64 that a double holds"));
    CHECK(message_of([&] { return i32({1}, {}, d).item<int64_t>(); }) == "[item] need values of i32, asked for i64");
    CHECK(message_of([&] { return i64({1, 2}, {2}, d).item<int64_t>(); }) == "[item] need one element, got shape (2)");
  }
}

TEST_CASE("undefined: members of a tensor say so, each by its name") {
  const Tensor none;
  const auto said = [](const char* name) { return fmt::format("[{}] need a tensor, got an undefined one", name); };
  CHECK(message_of([&] { return none.item(); }) == said("item"));
  CHECK(message_of([&] { return none.item<float>(); }) == said("item"));
  CHECK(message_of([&] { return none.to_vector<double>(); }) == said("to_vector"));
  CHECK(message_of([&] { return none.to_bools(); }) == said("to_bools"));
  CHECK(message_of([&] { return none.to_bytes(); }) == said("to_bytes"));
  CHECK(message_of([&] { return none.to(Device("reference")); }) == said("to"));
  CHECK(message_of([&] { return none.clone(); }) == said("clone"));
  CHECK(message_of([&] { return none.reshape({1}); }) == said("reshape"));
  CHECK(message_of([&] { return none.rows(0, 0); }) == said("rows"));
  CHECK(message_of([&] { return none[0]; }) == said("index"));
  CHECK(message_of([&] { return none.dim(0); }) == "[dim] need at least one axis, got a scalar or an undefined tensor");
  CHECK(message_of([&] { return items({none}); }) == "[items] need tensors, got an undefined one");
  CHECK_FALSE(Raw::known_range(none));
  CHECK(Raw::version(none) == 0);
}

TEST_CASE("lengths: sizes that are none, steps and sequences that there are not, are refused") {
  CHECK(message_of([] { return Lengths({2}, -5); }) ==
        "[lengths] need a padded length of at least 0, or -1 for the longest, got -5");
  CHECK(message_of([] { return Lengths({-2}); }) == "[lengths] need lengths in [0, 0], got -2 for sequence 0");
  CHECK(message_of([] { return Lengths::dense(-1, 2); }) ==
        "[lengths] need steps and sequences of at least 0, got -1 and 2");
  CHECK(message_of([] { return Lengths::dense(2, -1); }) ==
        "[lengths] need steps and sequences of at least 0, got 2 and -1");
  CHECK(message_of([] { return Lengths::dense(huge, 4); }).ends_with("has too many elements"));
  CHECK(message_of([] { return Lengths({1}, most); }) != "");
  Lengths lengths({2, 1});
  CHECK(message_of([&] { return lengths[2]; }) == "[lengths] need a sequence in [0, 2), got 2");
  CHECK(message_of([&] { return lengths[-1]; }) == "[lengths] need a sequence in [0, 2), got -1");
  CHECK(message_of([&] { return lengths.start(2); }) == "[lengths] need a step in [0, 2), got 2");
  CHECK(lengths.alive(-1) == 0);
  CHECK(lengths.alive(2) == 0);
  const Lengths other = std::move(lengths);
  CHECK(lengths.total() == other.total());
}

TEST_CASE("random: row ids that are none are refused, and draw nothing") {
  for (const Device& d : test::devices()) {
    Rng rng(1);
    const auto mask = [&](const Tensor& ids) {
      return message_of([&] { return random_keep_mask({2, 3}, 0.5, rng, DType::f32, d, ids); });
    };
    for (const int64_t id : {least, int64_t{-1}, most, most / 3}) {
      const std::string refused =
          fmt::format("[random_keep_mask] need row ids of at least 0 whose 3 numbers 64 bits count, got {}", id);
      CHECK(mask(i64({0, id}, {2}, d)) == refused);
      CHECK(mask(i64({0, id}, {2}, d).clone()) == refused);
    }
    CHECK(mask(i64({0}, {1}, d)) == "[random_keep_mask] need an id for each of 2 rows, got (1)");
    CHECK(mask(i32({0, 1}, {2}, d)) == "[random_keep_mask] need i64 row ids, got i32 (2)");
    for (const Device& other : test::devices())
      if (other != d)
        CHECK(mask(i64({0, 1}, {2}, other)) ==
              fmt::format("[random_keep_mask] need one device, got {} and row ids on {}", d.name(), other.name()));
    CHECK(rng.state().draw == 0);
    CHECK(mask(i64({0, most / 3 - 1}, {2}, d).clone()) == "");
  }
}
