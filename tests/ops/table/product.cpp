// Rows of einsum.
#include "ops/math/einsum.h"
#include "tests/ops/table/row.h"
#include "tests/support/tensors.h"

namespace grus::test {
namespace {

Sample of_two(const char* equation, Shape a, Shape b) {
  return {equation, {{"a", a}, {"b", b}}, [equation](In in) { return einsum(equation, in["a"], in["b"]); }};
}
Sample of_one(const char* equation, Shape a) {
  return {equation, {{"a", a}}, [equation](In in) { return einsum(equation, in["a"]); }};
}

ErrorCase refused(const char* equation, Shape a, Shape b, const std::string& message) {
  return {[=](Device d) { einsum(equation, zeros(a, d), zeros(b, d)); }, "[einsum] need " + message};
}

}  // namespace

std::vector<Row> product_rows() {
  Row row{
      "einsum",
      "the sum of products that an equation names",
      floats,
      2,
      {of_two("bik,bkj->bij", {2, 3, 4}, {2, 4, 2}), of_two("ki,jk->ji", {3, 2}, {4, 3}), of_two("i,j->ij", {2}, {3}),
       of_two("bi,bi->b", {3, 4}, {3, 4}), of_two("...i,ij", {2, 3, 2}, {2, 4}),
       of_two("b...i,...i->b...", {2, 1, 3}, {4, 3}), of_two("iij,k->j", {3, 3, 2}, {2}),
       of_two("ik,kj->ij", {2, 0}, {0, 3}), of_one("ijj->ji", {2, 3, 3}), of_one("ij", {2, 3}),
       of_one("...ij->...", {2, 3, 2})},
      {{[](Device) { einsum("i", Tensor()); }, "[einsum] need a tensor, got an undefined one"},
       refused("ij->k", {2, 2}, {2}, "a term for each of 2 tensors, got \"ij->k\""),
       refused("ij,j->k", {2, 2}, {2}, "each letter of the output once, and in a term before it, got \"ij,j->k\""),
       refused("ij,j->ii", {2, 2}, {2}, "each letter of the output once, and in a term before it, got \"ij,j->ii\""),
       refused("ij,jk->ik", {2, 3}, {2, 3}, "one size for each letter of \"ij,jk->ik\", got (2, 3) and (2, 3)"),
       refused("i,j", {2, 3}, {2}, "2 letters for 2 axes in \"i,j\", got \"i\""),
       refused("i1,j", {2, 3}, {2}, "letters, ..., commas and ->, got \"i1,j\""),
       refused("i..,j", {2, 3}, {2}, "one ... in a term, got \"i..,j\"")}};
  row.samples.push_back({"by hand",
                         {given("a", {2, 2}, {1, 2, 3, 4}), given("b", {2}, {5, 6})},
                         [](In in) { return einsum("ij,j->i", in["a"], in["b"]); },
                         {{{2}, {17, 39}}}});
  return {row};
}

}  // namespace grus::test
