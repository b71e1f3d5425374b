#include "ops/index.h"

#include <doctest/doctest.h>

#include "core/tape/tape.h"
#include "ops/elementwise.h"
#include "ops/reduce.h"
#include "tests/support/tensors.h"

using namespace grus;
using namespace grus::test;

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
