#include "ops/reduce.h"

#include <doctest/doctest.h>

#include <limits>

#include "core/tape.h"
#include "ops/elementwise.h"
#include "tests/ops/rows.h"

using namespace grus;
using namespace grus::test;

namespace {

using Reduce = Tensor (*)(const Tensor&, const Axes&, bool);

std::vector<Row> rows_of(const std::string& name, Reduce f) {
  return {
      {name, {{{2, 3, 2}}}, [f](std::span<const Tensor> x) { return f(x[0], {}, false); }},
      {name + " last", {{{2, 3, 2}}}, [f](std::span<const Tensor> x) { return f(x[0], -1, false); }},
      {name + " middle, kept", {{{2, 3, 2}}}, [f](std::span<const Tensor> x) { return f(x[0], 1, true); }},
      {name + " first and last",
       {{{2, 3, 2}}},
       [f](std::span<const Tensor> x) {
         return f(x[0], {0, -1}, false);
       }},
      {name + " of size 1", {{{2, 1}}}, [f](std::span<const Tensor> x) { return f(x[0], 1, false); }},
      {name + " of a scalar", {{{}}}, [f](std::span<const Tensor> x) { return f(x[0], {}, false); }},
      {name + " beside an empty axis", {{{0, 3}}}, [f](std::span<const Tensor> x) { return f(x[0], 1, false); }},
  };
}

}  // namespace

TEST_CASE("reductions: gradients of first and second order, over any axes") {
  check_rows(rows_of("sum", sum));
  check_rows(rows_of("mean", mean));
  check_rows(rows_of("max", max));
  check_rows(rows_of("min", min));
  check_rows(rows_of("logsumexp", logsumexp));
  check_rows({
      {"sum of nothing", {{{0, 3}}}, [](std::span<const Tensor> x) { return sum(x[0], 0); }},
      {"sum_to",
       {{{2, 3, 2}}},
       [](std::span<const Tensor> x) {
         return sum_to(x[0], {3, 1});
       }},
      {"sum_to a scalar", {{{2, 3}}}, [](std::span<const Tensor> x) { return sum_to(x[0], {}); }},
      {"squares of sums", {{{2, 3}}}, [](std::span<const Tensor> x) { return square(sum(x[0], 0)); }},
  });
}

TEST_CASE("reductions: values") {
  for (const Device& d : devices()) {
    const Tensor x = f64({1, 5, 3, 4, 2, 6}, {2, 3}, d);
    check_equal(sum(x), {}, {21});
    check_equal(sum(x, 0), {3}, {5, 7, 9});
    check_equal(sum(x, 1, true), {2, 1}, {9, 12});
    check_equal(mean(x, {0, 1}), {}, {3.5});
    check_equal(mean(x, -1), {2}, {3, 4});
    check_equal(max(x), {}, {6});
    check_equal(max(x, 1), {2}, {5, 6});
    check_equal(min(x, 0, true), {1, 3}, {1, 2, 3});
    check_equal(logsumexp(x, 1), {2}, {5.142931628499899, 6.142931628499899});
    check_equal(argmax(x), {}, {5});
    check_equal(argmax(x, 1), {2}, {1, 2});
    check_equal(argmin(x, 0), {3}, {0, 1, 0});
    check_equal(argmin(x, 1, true), {2, 1}, {0, 1});
    check_equal(argmax(f64({1, 3, 3, 3}, {2, 2}, d), {0, 1}), {}, {1});  // the first of the largest
    check_equal(argmax(f64({0, 9, 1, 2, 3, 4, 5, 6}, {2, 2, 2}, d), {0, 2}), {2}, {1, 3});
    check_equal(sum(Tensor::zeros({0, 2}, DType::f64, d), 0), {2}, {0, 0});
    check_equal(sum(i64({1, 2, 3}, {3}, d)), {}, {6});
    check_equal(max(i32({4, -1}, {2}, d)), {}, {4});
    check_equal(argmax(i32({4, 7}, {2}, d)), {}, {1});
    check_equal(sum_to(x, {2, 1}), {2, 1}, {9, 12});
    check_equal(sum(x, {}, true), {1, 1}, {21});
  }
}

TEST_CASE("max: winners that are equal share the gradient") {
  for (const Device& d : devices()) {
    Tape tape;
    const Tensor x = tape.watch(f64({3, 3, 1, 2}, {2, 2}, d));
    const Tensor y = sum(max(x, 1));
    const std::vector<Tensor> inputs{x};
    check_equal(tape.grad(y, inputs)[0], {2, 2}, {0.5, 0.5, 0, 1});
  }
}

TEST_CASE("logsumexp: no overflow, and rows of -inf have no gradient") {
  for (const Device& d : devices()) {
    const double inf = std::numeric_limits<double>::infinity();
    check_equal(logsumexp(f64({1000, 1000}, {2}, d)), {}, {1000.6931471805599});
    Tape tape;
    const Tensor x = tape.watch(f64({-inf, -inf, 0, -inf}, {2, 2}, d));
    const Tensor y = logsumexp(x, 1);
    check_equal(y, {2}, {-inf, 0});
    const std::vector<Tensor> inputs{x};
    check_equal(tape.grad(y, inputs, false, f64({1, 1}, {2}, d))[0], {2, 2}, {0, 0, 1, 0});
    check_equal(logsumexp(f64({inf, 0}, {2}, d)), {}, {inf});
  }
}

TEST_CASE("reductions: errors name the op, shapes and axes") {
  const Device d = devices()[0];
  const Tensor x = Tensor::zeros({2, 3}, DType::f64, d), none = Tensor::zeros({0, 3}, DType::f64, d);
  CHECK(message_of([&] { sum(x, 2); }) == "[sum] need an axis in [-2, 2), got 2");
  CHECK(message_of([&] { sum(x, {0, -2}); }) == "[sum] need each axis once, got -2 twice");
  CHECK(message_of([&] { max(none, 0); }) == "[max] need at least one element to reduce, got x of shape (0, 3)");
  CHECK(message_of([&] { mean(none); }) == "[mean] need at least one element to reduce, got x of shape (0, 3)");
  CHECK(message_of([&] { argmax(none); }) == "[argmax] need at least one element to reduce, got x of shape (0, 3)");
  CHECK(message_of([&] { mean(i64({1}, {1}, d)); }) == "[mean] need f32 or f64, got i64 (1)");
  CHECK(message_of([&] { sum(greater(x, 0.0)); }) == "[sum] need numbers, got bool (2, 3); cast() it first");
  CHECK(message_of([&] { sum_to(x, {2}); }).find("[sum_to]") == 0);
  CHECK(message_of([&] { sum(Tensor()); }) == "[sum] need a tensor, got an undefined one");
}
