#include "ops/norm.h"

#include <doctest/doctest.h>

#include "core/tape.h"
#include "tests/ops/rows.h"

using namespace grus;
using namespace grus::test;

TEST_CASE("layer_norm: values") {
  for (const Device& d : devices()) {
    const Tensor x = f64({1, 3, -2, 6}, {2, 2}, d), w = f64({2, 3}, {2}, d), b = f64({0, 1}, {2}, d);
    check_equal(layer_norm(x, {}, {}, 0), {2, 2}, {-1, 1, -1, 1});
    check_equal(layer_norm(x, w, b, 0), {2, 2}, {-2, 4, -2, 4});
    check_equal(layer_norm(f64({5, 5}, {2}, d)), {2}, {0, 0});
  }
}

TEST_CASE("layer_norm: gradients of first and second order") {
  using Xs = std::span<const Tensor>;
  check_rows({
      {"layer_norm", {{{2, 2, 3}}, {{3}}, {{3}}}, [](Xs x) { return layer_norm(x[0], x[1], x[2], 0.1); }},
      {"layer_norm alone", {{{2, 4}}}, [](Xs x) { return layer_norm(x[0], {}, {}, 0.1); }},
      {"layer_norm of no rows", {{{0, 3}}, {{3}}, {{3}}}, [](Xs x) { return layer_norm(x[0], x[1], x[2]); }},
      {"layer_norm of size 1", {{{2, 1}}, {{1}}}, [](Xs x) { return layer_norm(x[0], x[1], {}, 0.1); }},
  });
}

TEST_CASE("layer_norm: errors name shapes") {
  const Device d = devices()[0];
  const Tensor x = Tensor::zeros({2, 3}, DType::f64, d);
  CHECK(message_of([&] { layer_norm(x, x); }) == "[layer_norm] need weight and bias (3), got (2, 3)");
  CHECK(message_of([&] {
          layer_norm(Tensor::zeros({2, 0}, DType::f64, d));
        }) == "[layer_norm] need x (..., F) with F of at least 1, got (2, 0)");
}
