#include "ops/gradcheck.h"

#include <doctest/doctest.h>

#include "core/tape.h"
#include "ops/elementwise.h"
#include "ops/reduce.h"
#include "tests/ops/rows.h"

using namespace grus;
using namespace grus::test;

namespace {

const Op wrong_square_op("wrong_square");
const Op cut_square_op("cut_square");

/// x^2, and a gradient that is right but for its first element.
Tensor wrong_square(const Tensor& x) {
  return record(wrong_square_op, {x}, square(x.detach()), {x}, [](const Saved& s, const Tensor& dy, Grads& dx) {
    std::vector<double> error(static_cast<size_t>(dy.numel()), 0.0);
    error[0] = 0.5;
    dx.add(0, 2.0 * s[0] * dy + Tensor::from(error, dy.shape(), dy.device()));
  });
}

/// A right gradient that stops the second one: s[0] is detached.
Tensor cut_square(const Tensor& x) {
  return record(cut_square_op, {x}, square(x.detach()), {x},
                [](const Saved& s, const Tensor& dy, Grads& dx) { dx.add(0, 2.0 * s[0].detach() * dy); });
}

}  // namespace

TEST_CASE("gradcheck: a wrong gradient is named by input, direction and entry") {
  const Device d = devices()[0];
  const TensorFunction f = [](std::span<const Tensor> x) { return x[0] * wrong_square(x[1]); };
  const std::string message = message_of([&] { gradcheck(f, {f64({1, 2}, {2}, d), f64({3, 4}, {2}, d)}); });
  CHECK(message.find("[gradcheck] along direction 0 of input 1 (2) the tape's slope is ") == 0);
  CHECK(message.find("the entries differ most at 0: ") != std::string::npos);
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
  CHECK(message_of([&] { gradgradcheck(f, {f64({1, 2}, {2}, d)}); }).find("[gradcheck]") == 0);
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
