#include "ops/shape.h"

#include <doctest/doctest.h>

#include "core/tape.h"
#include "ops/elementwise.h"
#include "ops/reduce.h"
#include "tests/ops/rows.h"

using namespace grus;
using namespace grus::test;

TEST_CASE("shape ops: gradients of first and second order") {
  using Xs = std::span<const Tensor>;
  // Squares, so that the second derivative is not zero.
  check_rows({
      {"permute",
       {{{2, 3, 4}}},
       [](Xs x) {
         return square(permute(x[0], {2, 0, 1}));
       }},
      {"transpose", {{{2, 3}}}, [](Xs x) { return square(transpose(x[0])); }},
      {"transpose of size 1", {{{1, 3}}}, [](Xs x) { return square(transpose(x[0], 0, 1)); }},
      {"slice", {{{3, 5}}}, [](Xs x) { return square(slice(x[0], 1, 1, 4)); }},
      {"slice with a step", {{{3, 5}}}, [](Xs x) { return square(slice(x[0], 1, 0, -1, 2)); }},
      {"slice of rows", {{{4, 2}}}, [](Xs x) { return square(slice(x[0], 0, 1, 3)); }},
      {"slice of rows with a step", {{{5, 2}}}, [](Xs x) { return square(slice(x[0], 0, 1, 5, 3)); }},
      {"slice to nothing", {{{3, 2}}}, [](Xs x) { return square(slice(x[0], 1, 1, 1)); }},
      {"overlapping slices", {{{2, 4}}}, [](Xs x) { return slice(x[0], 1, 0, 3) * slice(x[0], 1, 1, 4); }},
      {"concat",
       {{{2, 2}}, {{2, 0}}, {{2, 3}}},
       [](Xs x) {
         return square(concat({x[0], x[1], x[2]}, 1));
       }},
      {"concat of rows",
       {{{2, 2}}, {{1, 2}}},
       [](Xs x) {
         return square(concat({x[0], x[1], x[0]}, 0));
       }},
      {"stack",
       {{{2, 3}}, {{2, 3}}},
       [](Xs x) {
         return square(stack({x[0], x[1]}, 1));
       }},
      {"stack of scalars",
       {{{}}, {{}}},
       [](Xs x) {
         return square(stack({x[0], x[1]}));
       }},
      {"split",
       {{{2, 5}}},
       [](Xs x) {
         return split(x[0], {2, 0, 3}, 1)[2] * split(x[0], {3, 2}, 1)[0];
       }},
      {"chunk",
       {{{5}}},
       [](Xs x) {
         return chunk(x[0], 2)[0] * pad(chunk(x[0], 2)[1], {{0, 1}}, 2);
       }},
      {"pad",
       {{{2, 3}}},
       [](Xs x) {
         return square(pad(x[0], {{1, 0}, {0, 2}}, 0.5));
       }},
      {"repeat", {{{2, 3}}}, [](Xs x) { return square(repeat(x[0], 2, 1)); }},
      {"repeat no times", {{{2, 3}}}, [](Xs x) { return square(repeat(x[0], 0, 0)); }},
      {"tile", {{{2, 3}}}, [](Xs x) { return square(tile(x[0], 3, 0)); }},
      {"flip", {{{2, 3}}}, [](Xs x) { return square(flip(x[0], {})) * x[0]; }},
      {"flip of one axis", {{{2, 3}}}, [](Xs x) { return flip(x[0], 1) * x[0]; }},
      {"flip of nothing", {{{2, 0}}}, [](Xs x) { return flip(x[0], 1); }},
      {"broadcast_to",
       {{{2, 1}}},
       [](Xs x) {
         return square(broadcast_to(x[0], {3, 2, 2}));
       }},
      {"squeeze", {{{2, 1, 3, 1}}}, [](Xs x) { return square(squeeze(x[0])); }},
      {"unsqueeze", {{{2, 3}}}, [](Xs x) { return square(unsqueeze(x[0], -1)); }},
      {"flatten", {{{2, 3, 2}}}, [](Xs x) { return square(flatten(x[0], 1)); }},
      {"rows and reshape",
       {{{3, 4}}},
       [](Xs x) {
         return square(x[0].rows(1, 3).reshape({4, 2}))[1] * x[0][0].rows(0, 2);
       }},
  });
}

TEST_CASE("shape ops: values") {
  for (const Device& d : devices()) {
    const Tensor x = f64({1, 2, 3, 4, 5, 6}, {2, 3}, d);
    check_equal(transpose(x), {3, 2}, {1, 4, 2, 5, 3, 6});
    check_equal(permute(x.reshape({1, 2, 3}), {2, 0, 1}), {3, 1, 2}, {1, 4, 2, 5, 3, 6});
    check_equal(slice(x, 1, 1), {2, 2}, {2, 3, 5, 6});
    check_equal(slice(x, 1, 0, 3, 2), {2, 2}, {1, 3, 4, 6});
    check_equal(slice(x, 1, -2, -1), {2, 1}, {2, 5});
    check_equal(slice(x, 0, 1, 99), {1, 3}, {4, 5, 6});
    check_equal(slice(x, 1, 2, 1), {2, 0}, {});
    check_equal(concat({x, x}, 1), {2, 6}, {1, 2, 3, 1, 2, 3, 4, 5, 6, 4, 5, 6});
    check_equal(concat({x, x[0].reshape({1, 3})}), {3, 3}, {1, 2, 3, 4, 5, 6, 1, 2, 3});
    check_equal(stack({x[0], x[1]}, -1), {3, 2}, {1, 4, 2, 5, 3, 6});
    check_equal(split(x, {1, 2}, 1)[1], {2, 2}, {2, 3, 5, 6});
    CHECK(chunk(x, 2, 1)[0].dim(1) == 2);
    CHECK(chunk(x, 2, 1)[1].dim(1) == 1);
    check_equal(pad(x, {{1, 1}}, 9), {2, 5}, {9, 1, 2, 3, 9, 9, 4, 5, 6, 9});
    check_equal(repeat(x, 2, 1), {2, 6}, {1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6});
    check_equal(tile(x, 2, 1), {2, 6}, {1, 2, 3, 1, 2, 3, 4, 5, 6, 4, 5, 6});
    check_equal(flip(x, 1), {2, 3}, {3, 2, 1, 6, 5, 4});
    check_equal(flip(x, {}), {2, 3}, {6, 5, 4, 3, 2, 1});
    check_equal(broadcast_to(x[0], {2, 3}), {2, 3}, {1, 2, 3, 1, 2, 3});
    check_equal(squeeze(x.reshape({2, 1, 3}), 1), {2, 3}, {1, 2, 3, 4, 5, 6});
    CHECK(squeeze(x.reshape({1, 6, 1}), -1).shape() == Shape{1, 6});
    CHECK(unsqueeze(x, 1).shape() == Shape{2, 1, 3});
    CHECK(flatten(x.reshape({1, 2, 3}), 0, 1).shape() == Shape{2, 3});
    check_equal(flip(i64({1, 2}, {2}, d), 0), {2}, {2, 1});
    check_equal(transpose(greater(x, 2.0)), {3, 2}, {0, 1, 0, 1, 1, 1});
  }
}

TEST_CASE("concat: as many pieces as asked, each with its gradient") {
  for (const Device& d : devices()) {
    Tape tape;
    std::vector<Tensor> pieces;
    for (int i = 0; i < 100; ++i) pieces.push_back(tape.watch(f64({i + 0.5}, {1, 1}, d)));
    const Tensor y = sum(square(concat(pieces, 1)));
    const std::vector<Tensor> gradients = tape.grad(y, pieces);
    for (int i = 0; i < 100; ++i) CHECK(gradients[static_cast<size_t>(i)].item() == doctest::Approx(2 * i + 1));
  }
}

TEST_CASE("shape ops: errors name the op and the shapes") {
  const Device d = devices()[0];
  const Tensor x = Tensor::zeros({2, 3}, DType::f64, d);
  CHECK(message_of([&] { permute(x, {0}); }) == "[permute] need every axis of (2, 3) once, got 1 axes");
  CHECK(message_of([&] { permute(x, {0, 0}); }) == "[permute] need each axis once, got 0 twice");
  CHECK(message_of([&] { transpose(x, 0, 2); }) == "[transpose] need an axis in [-2, 2), got 2");
  CHECK(message_of([&] { slice(x, 0, 0, 1, 0); }) == "[slice] need a step of at least 1, got 0");
  CHECK(message_of([&] {
          concat({x, x[0]});
        }) == "[concat] need shapes that agree except along axis 0, got (2, 3) and, at 1, (3)");
  CHECK(message_of([&] { concat(std::vector<Tensor>{}); }) == "[concat] need at least one tensor, got none");
  CHECK(message_of([&] { stack({x, x[0]}); }) == "[stack] need tensors of one shape, got (2, 3) and (3)");
  CHECK(message_of([&] {
          split(x, {1, 1}, 1);
        }) == "[split] need sizes that add up to axis 1 of (2, 3), got a sum of 2");
  CHECK(message_of([&] { pad(x, {{-1, 0}}); }) == "[pad] need amounts of at least 0, got -1 and 0");
  CHECK(message_of([&] {
          broadcast_to(x, {3, 3});
        }) == "[broadcast_to] need shapes that broadcast together, got (2, 3) and (3, 3)");
  CHECK(message_of([&] { broadcast_to(x, {3}); }) == "[broadcast_to] need a shape that (2, 3) broadcasts to, got (3)");
  CHECK(message_of([&] { squeeze(x, 0); }) == "[squeeze] need size 1 along axis 0, got (2, 3)");
  CHECK(message_of([&] { flip(Tensor(), {}); }) == "[flip] need a tensor, got an undefined one");
}
