#include "ops/index.h"

#include <doctest/doctest.h>

#include "core/tape.h"
#include "ops/elementwise.h"
#include "ops/reduce.h"
#include "tests/ops/rows.h"

using namespace grus;
using namespace grus::test;

namespace {

/// Ids on the device of `like`.
Tensor ids_like(const Tensor& like, const std::vector<int64_t>& ids, const Shape& shape) {
  return i64(ids, shape, like.device());
}

}  // namespace

TEST_CASE("index ops: gradients of first and second order") {
  using Xs = std::span<const Tensor>;
  check_rows({
      {"gather_rows",
       {{{4, 3}}},
       [](Xs x) {
         return square(gather_rows(x[0], ids_like(x[0], {3, 0, 3, 1}, {2, 2})));
       }},
      {"gather_rows of a vector",
       {{{4}}},
       [](Xs x) {
         return square(gather_rows(x[0], ids_like(x[0], {3, 0, 3}, {3})));
       }},
      {"gather_rows of (V, 2, 2)",
       {{{3, 2, 2}}},
       [](Xs x) {
         return square(gather_rows(x[0], ids_like(x[0], {2, 2}, {2})));
       }},
      {"gather_rows, one id", {{{3, 2}}}, [](Xs x) { return square(gather_rows(x[0], ids_like(x[0], {1}, {}))); }},
      {"gather_rows, no ids", {{{3, 2}}}, [](Xs x) { return square(gather_rows(x[0], ids_like(x[0], {}, {0}))); }},
      {"gather_rows of empty rows",
       {{{3, 0}}},
       [](Xs x) { return square(gather_rows(x[0], ids_like(x[0], {1}, {1}))); }},
      {"embedding",
       {{{4, 3}}},
       [](Xs x) {
         return square(embedding(x[0], ids_like(x[0], {3, 0, 3, 1}, {2, 2})));
       }},
      {"index_select",
       {{{2, 4, 3}}},
       [](Xs x) {
         return square(index_select(x[0], 1, ids_like(x[0], {3, 0, 3}, {3})));
       }},
      {"index_select of the last axis",
       {{{2, 4}}},
       [](Xs x) { return square(index_select(x[0], -1, ids_like(x[0], {1}, {1}))); }},
      {"gather",
       {{{2, 3, 2}}},
       [](Xs x) {
         return square(gather(x[0], 1, ids_like(x[0], {0, 2, 2, 1, 1, 1, 0, 0}, {2, 2, 2})));
       }},
      {"gather along axis 0",
       {{{3, 2}}},
       [](Xs x) {
         return square(gather(x[0], 0, ids_like(x[0], {2, 0}, {1, 2})));
       }},
      {"scatter_add",
       {{{2, 3}}, {{2, 2}}},
       [](Xs x) {
         return square(scatter_add(x[0], 1, ids_like(x[0], {0, 2, 1, 1}, {2, 2}), x[1]));
       }},
      {"scatter_rows",
       {{{3, 2}}},
       [](Xs x) {
         return square(scatter_rows(x[0], ids_like(x[0], {4, 0, 4}, {3}), 5));
       }},
      {"masked_fill", {{{2, 3}}}, [](Xs x) { return square(masked_fill(x[0], greater(x[0][0], 0.0), 0.5)); }},
      {"top_k", {{{2, 5}}}, [](Xs x) { return square(top_k(x[0], 3).values); }},
  });
}

TEST_CASE("index ops: values") {
  for (const Device& d : devices()) {
    const Tensor x = f64({1, 2, 3, 4, 5, 6}, {3, 2}, d);
    check_equal(gather_rows(x, i64({2, 0}, {2}, d)), {2, 2}, {5, 6, 1, 2});
    check_equal(gather_rows(x, i32({2, 0}, {2, 1}, d)), {2, 1, 2}, {5, 6, 1, 2});
    check_equal(gather_rows(i64({7, 8}, {2}, d), i64({1, 1}, {2}, d)), {2}, {8, 8});
    check_equal(index_select(x, 1, i64({1, 1, 0}, {3}, d)), {3, 3}, {2, 2, 1, 4, 4, 3, 6, 6, 5});
    check_equal(gather(x, 1, i64({1, 0, 1}, {3, 1}, d)), {3, 1}, {2, 3, 6});
    check_equal(gather(x, 0, i32({2, 1}, {1, 2}, d)), {1, 2}, {5, 4});
    check_equal(scatter_add(x, 0, i64({1, 1, 1, 0}, {2, 2}, d), f64({10, 20, 30, 40}, {2, 2}, d)), {3, 2},
                {1, 42, 43, 24, 5, 6});
    check_equal(scatter_rows(x, i64({1, 1, 0}, {3}, d), 2), {2, 2}, {5, 6, 4, 6});
    check_equal(masked_fill(x, Tensor::from_bools({true, false}, {2}, d), -1), {3, 2}, {-1, 2, -1, 4, -1, 6});
    check_equal(one_hot(i32({2, 0}, {2}, d), 3), {2, 3}, {0, 0, 1, 1, 0, 0});
    CHECK(one_hot(i32({2, 0}, {2}, d), 3).dtype() == DType::f32);
    const TopK best = top_k(f64({1, 3, 3, 2, 0, 9, 1, 2}, {2, 4}, d), 3);
    check_equal(best.values, {2, 3}, {3, 3, 2, 9, 2, 1});
    check_equal(best.ids, {2, 3}, {1, 2, 3, 1, 3, 2});  // ties: the lowest id first
    CHECK(best.ids.dtype() == DType::i64);
  }
}

TEST_CASE("scatter_add: x itself is unchanged") {
  for (const Device& d : devices()) {
    const Tensor x = Tensor::zeros({2}, DType::f64, d);
    check_equal(scatter_add(x, 0, i64({1}, {1}, d), f64({5}, {1}, d)), {2}, {0, 5});
    check_equal(x, {2}, {0, 0});
  }
}

TEST_CASE("embedding: the padding row is read and gets no gradient") {
  for (const Device& d : devices()) {
    const Tensor table = f64({1, 2, 3, 4}, {2, 2}, d), ids = i64({0, 1, 0, 1}, {4}, d);
    for (const bool create_graph : {false, true}) {
      Tape tape;
      const Tensor known = tape.watch(table);
      const Tensor y = embedding(known, ids, 0);
      check_equal(y, {4, 2}, {1, 2, 3, 4, 1, 2, 3, 4});
      const Tensor loss = sum(y);
      const std::vector<Tensor> inputs{known};
      check_equal(tape.grad(loss, inputs, create_graph)[0], {2, 2}, {0, 0, 2, 2});
    }
  }
}

TEST_CASE("index ops: errors name the bad id and what it must fit") {
  for (const Device& d : devices()) {
    const Tensor x = Tensor::zeros({3, 2}, DType::f64, d);
    CHECK(message_of([&] { embedding(x, i64({0, 3}, {2}, d)); }) == "[embedding] need ids in [0, 3), got 3");
    CHECK(message_of([&] { gather_rows(x, i32({0, -1}, {2}, d)); }) == "[gather_rows] need ids in [0, 3), got -1");
    CHECK(message_of([&] { gather(x, 1, i64({2}, {1, 1}, d)); }) == "[gather] need ids in [0, 2), got 2");
    CHECK(message_of([&] { one_hot(i64({5}, {1}, d), 5); }) == "[one_hot] need ids in [0, 5), got 5");
    CHECK(message_of([&] { index_select(x, 0, i64({3}, {1}, d)); }) == "[index_select] need ids in [0, 3), got 3");
  }
  const Device d = devices()[0];
  const Tensor x = Tensor::zeros({3, 2}, DType::f64, d);
  CHECK(message_of([&] { gather_rows(x, x); }) == "[gather_rows] need i32 or i64 ids, got f64 (3, 2)");
  CHECK(message_of([&] { embedding(x, i64({0}, {1}, d), 3); }) == "[embedding] need a padding index in [0, 3), got 3");
  CHECK(message_of([&] { gather(x, 1, i64({0}, {1}, d)); }) ==
        "[gather] need ids with the rank of x, and sizes of at most x's but along axis 1, got x (3, 2) and ids (1)");
  CHECK(message_of([&] {
          scatter_add(x, 0, i64({0}, {1, 1}, d), x);
        }) == "[scatter_add] need a source of the shape of ids, got (3, 2) and ids (1, 1)");
  CHECK(message_of([&] { scatter_rows(x, i64({0}, {1}, d), 4); }) ==
        "[scatter_rows] need x (N, ...) and ids (N), got x (3, 2) and ids (1)");
  CHECK(message_of([&] { index_select(x, 1, i64({0}, {1, 1}, d)); }) == "[index_select] need ids (K), got (1, 1)");
  CHECK(message_of([&] { top_k(x, 3); }) == "[top_k] need k in [1, 2], got 3");
  CHECK(message_of([&] { masked_fill(x[0], greater(x, 0.0), 1); }) ==
        "[masked_fill] need a mask that broadcasts to x (2), got (3, 2)");
}
