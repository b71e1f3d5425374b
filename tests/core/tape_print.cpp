#include <doctest/doctest.h>

#include <algorithm>

#include "core/base/scope.h"
#include "core/watch/profile.h"
#include "core/watch/tape_print.h"
#include "ops/math/elementwise.h"
#include "ops/math/matmul.h"
#include "ops/math/reduce.h"
#include "ops/math/shape.h"

using namespace grus;

TEST_CASE("tape: printed, a line a record with op, module, shapes and bytes saved") {
  const Ref<Leaf> w = Leaf::create(Tensor::ones({4, 5}));
  Tape tape;
  current_scope() = "decoder.out";
  const Tensor y = tanh(matmul(Tensor::ones({3, 4}), w->tensor()));
  current_scope() = "";
  sum(y);
  CHECK(to_string(tape) ==
        "#  op      module       inputs         output  saved  forward ms  backward ms\n"
        "0  matmul  decoder.out  (3, 4) (4, 5)  (3, 5)   48 B           -            -\n"
        "1  tanh    decoder.out  (3, 5)         (3, 5)   60 B           -            -\n"
        "2  sum                  (3, 5)         ()        0 B           -            -\n"
        "3 records, 1 leaves, 256 B held\n");
}

TEST_CASE("tape: printed, equal shapes are counted and long lists cut") {
  Tape tape;
  const auto one = [&](int64_t n) { return tape.watch(Tensor::ones({n})); };
  concat({one(2), one(2), one(2), one(3)}, 0);
  concat({one(1), one(2), one(3), one(4), one(5), one(6), one(7), one(8)}, 0);
  CHECK(to_string(tape).find("3x (2) (3) ") != std::string::npos);
  CHECK(to_string(tape).find("(1) (2) (3) (4) (5) (6) (7) ... ") != std::string::npos);
}

TEST_CASE("tape: printed, time steps fold into one") {
  const Ref<Leaf> w = Leaf::create(Tensor::ones({4}));
  Tape tape;
  Tensor h = w->tensor();
  for (int t = 0; t < 5; ++t) h = tanh(h * w->tensor());
  sum(h);
  const std::string text = to_string(tape);
  CHECK(text.find("x 5     records 0 to 9") != std::string::npos);
  CHECK(std::count(text.begin(), text.end(), '\n') == 1 + 1 + 2 + 1 + 1);
}

TEST_CASE("tape: printed, times appear when a profile stands") {
  const Ref<Leaf> w = Leaf::create(Tensor::ones({4}));
  const Profile profile;
  Tape tape;
  tape.backward(sum(w->tensor()));
  CHECK(tape.record(0).forward_ns > 0);
  CHECK(to_string(tape).find(" - ") == std::string::npos);
}

TEST_CASE("tape: as a graph, records are boxes and parameters ellipses") {
  const Ref<Leaf> w = Leaf::create(Tensor::ones({4}));
  Tape tape;
  sum(w->tensor());
  CHECK(dot(tape) ==
        "digraph tape {\n"
        "  node [shape=box, fontname=\"sans-serif\"];\n"
        "  r0 [label=\"sum\\n()\", tooltip=\"\"];\n"
        "  v0 [label=\"parameter\\n(4)\", shape=ellipse];\n"
        "  v0 -> r0;\n"
        "}\n");
}
