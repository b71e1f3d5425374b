#include "ops/loss.h"

#include <doctest/doctest.h>

#include "tests/support/tensors.h"

using namespace grus;
using namespace grus::test;

TEST_CASE("cross_entropy: the logits stay what they were, and ids may be i32") {
  for (const Device& d : devices()) {
    const Tensor logits = f64({0, 1, 2, 1, 1, 1}, {2, 3}, d);
    CHECK(cross_entropy(logits, i32({2, 0}, {2}, d)).item() == cross_entropy(logits, i64({2, 0}, {2}, d)).item());
    check_equal(logits, {2, 3}, {0, 1, 2, 1, 1, 1});  // the fused kernel works on a copy
  }
}
