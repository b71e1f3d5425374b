// Ops that the tape itself records when it walks under create_graph, and the movements that gradients are made of.
#include "core/tape.h"

#include "ops/elementwise.h"
#include "ops/shape.h"
#include "tests/ops/table/row.h"

namespace grus::test {

std::vector<Row> tape_rows() {
  return {
      {"accumulate",
       "the sum of gradients that meet, recorded",
       numbers,
       2,
       {{"x x x", {given({2}, {1, 2})}, [](Xs x) { return x[0] * x[0] * x[0]; }, {{{2}, {1, 8}}}},
        {"(2, 3)", {{{2, 3}}}, [](Xs x) { return x[0] * x[0] + x[0]; }}},
       {}},
      {"place_rows",
       "zeros with a gradient at rows [begin, end), recorded",
       numbers,
       2,
       {{"rows", {given({3}, {1, 2, 3})}, [](Xs x) { return x[0].rows(1, 3) * x[0].rows(0, 2); }, {{{2}, {2, 6}}}},
        {"a row", {{{3, 2}}}, [](Xs x) { return x[0][1] * x[0][2]; }}},
       {}},
      {"crop",
       "a box of x, recorded",
       numbers,
       2,
       {{"by way of pad",
         {given({2}, {1, 2})},
         [](Xs x) {
           const Tensor y = pad(x[0], {{1, 1}}, 3);
           return y * y;
         },
         {{{4}, {9, 1, 4, 9}}}}},
       {}},
      {"place",
       "zeros with x in a box, recorded",
       numbers,
       2,
       {{"by way of slice",
         {given({4}, {1, 2, 3, 4})},
         [](Xs x) {
           const Tensor y = slice(x[0], 0, 1, 4, 2);
           return y * y;
         },
         {{{2}, {4, 16}}}}},
       {}},
  };
}

}  // namespace grus::test
