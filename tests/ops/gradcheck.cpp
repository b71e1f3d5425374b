#include "ops/gradcheck.h"

#include <doctest/doctest.h>

#include <cstdio>

#include "core/record/record.h"
#include "ops/math/elementwise.h"
#include "ops/math/reduce.h"
#include "tests/support/tensors.h"

using namespace grus;
using namespace grus::test;

namespace {

const Op wrong_square_op("wrong_square");
const Op cut_square_op("cut_square");

/// Returns x^2, with a gradient that is right but for its last element.
Tensor wrong_square(const Tensor& x) {
  return record(wrong_square_op, {x}, square(x.detach()), [](const Tensor& dy, SavedInput x) {
    std::vector<double> error(static_cast<size_t>(dy.numel()), 0.0);
    error.back() = 0.5;
    x.add(2.0 * x.value * dy + Tensor::from(error, dy.shape(), dy.device()));
  });
}

/// Returns x^2, with a right gradient that stops the second one: x is detached.
Tensor cut_square(const Tensor& x) {
  return record(cut_square_op, {x}, square(x.detach()),
                [](const Tensor& dy, SavedInput x) { x.add(2.0 * x.value.detach() * dy); });
}

}  // namespace

TEST_CASE("gradcheck: of a wrong gradient it names the input, the entry and both values") {
  const Device d = devices()[0];
  const TensorFunction f = [](std::span<const Tensor> x) { return x[0] * wrong_square(x[1]); };
  const std::vector<Tensor> inputs{f64({1, 1, 1, 1, 1, 1}, {2, 3}, d), f64({1, 2, 3, 4, 5, 6}, {2, 3}, d)};
  const std::string message = message_of([&] { gradcheck(f, inputs); });
  CHECK(message.find("[gradcheck] input 1 (2, 3): the tape's gradient of entry (1, 2) is ") == 0);
  CHECK(message.find(", measured ") < message.find("; along a random direction "));
  CHECK(message_of([&] {
          gradcheck(f, inputs, {.names = {"scale", "x"}});
        }).find("[gradcheck] input 1 'x' (2, 3): the tape's gradient of entry (1, 2) is ") == 0);
}

TEST_CASE("gradcheck: the values it prints are the tape's and the measured one") {
  const Device d = devices()[0];
  const TensorFunction f = [](std::span<const Tensor> x) { return 2.0 * x[0] - x[0].detach(); };  // 2 dy, and dy
  const std::string message = message_of([&] { gradcheck(f, {f64({3}, {}, d)}); });
  double entry = 0, entry_measured = 0, along = 0, along_measured = 0;
  CHECK(std::sscanf(message.c_str(),
                    "[gradcheck] input 0 (): the tape's gradient of entry () is %lf, measured %lf; along a random "
                    "direction %lf, measured %lf",
                    &entry, &entry_measured, &along, &along_measured) == 4);
  CHECK(entry == doctest::Approx(2 * entry_measured));
  CHECK(along == doctest::Approx(2 * along_measured));
  CHECK(entry != 0);
}

TEST_CASE("gradcheck: a gradient that does not arrive is found") {
  const Device d = devices()[0];
  const TensorFunction f = [](std::span<const Tensor> x) { return square(x[0].detach()); };
  CHECK(message_of([&] { gradcheck(f, {f64({1, 2}, {2}, d)}); }).find("[gradcheck]") == 0);
}

TEST_CASE("gradgradcheck: a gradient right in first order only is found") {
  const Device d = devices()[0];
  const TensorFunction f = [](std::span<const Tensor> x) { return cut_square(x[0]); };
  CHECK(message_of([&] { gradcheck(f, {f64({1, 2}, {2}, d)}); }) == "");
  CHECK(message_of([&] {
          gradgradcheck(f, {f64({1, 2}, {2}, d)});
        }).find("[gradgradcheck] input 0 (2): the tape's gradient of entry (") == 0);
}

TEST_CASE("gradcheck: several outputs, and inputs that are not f64, are handed through") {
  const Device d = devices()[0];
  const TensorsFunction f = [](std::span<const Tensor> x) {
    return std::vector<Tensor>{x[0] * cast(x[1], DType::f64), argmax(x[0]), sum(square(x[0]))};
  };
  const std::vector<Tensor> inputs{f64({1, 2}, {2}, d), i64({3, 4}, {2}, d)};
  CHECK(message_of([&] { gradcheck(f, inputs); }) == "");
  CHECK(message_of([&] { gradgradcheck(f, inputs); }) == "");
  CHECK(message_of([&] {
          gradcheck(f, {i64({3, 4}, {2}, d)});
        }) == "[gradcheck] need at least one f64 input, got none");
}

TEST_CASE("gradcheck: what is in f32 would go unchecked, and is refused") {
  const Tensor x = f64({1, 2}, {2}, devices()[0]), narrow = x.to(DType::f32);
  const auto f = [](const Tensor& x) { return std::vector{x, x.to(DType::f32)}; };
  CHECK(message_of([&] { gradcheck(f, {x}); }) ==
        "[gradcheck] need outputs in f64, or of integers, got output 1 in f32 (2)");
  CHECK(message_of([&] {
          gradcheck([](const Tensor& x, const Tensor& y) { return x * y.to(DType::f64); }, {x, narrow});
        }) == "[gradcheck] need inputs in f64, or of integers, got input 1 in f32 (2)");
  CHECK(message_of([&] { gradcheck([](const Tensor& x) { return argmax(x); }, {x}); }) ==
        "[gradcheck] need at least one f64 output, got none");
}
