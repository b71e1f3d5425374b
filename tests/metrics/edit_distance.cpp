#include "metrics/edit_distance.h"

#include <doctest/doctest.h>

#include "core/base/error.h"
#include "tests/support/tensors.h"

using namespace grus;
using namespace grus::metrics;

namespace {

// The recursion that defines the distance.
int64_t distance(const std::vector<int64_t>& a, const std::vector<int64_t>& b, size_t i, size_t j) {
  if (i == 0 || j == 0) return static_cast<int64_t>(i + j);
  const int64_t replaced = distance(a, b, i - 1, j - 1) + (a[i - 1] == b[j - 1] ? 0 : 1);
  return std::min({replaced, distance(a, b, i - 1, j) + 1, distance(a, b, i, j - 1) + 1});
}

}  // namespace

TEST_CASE("edit distance: all pairs of sequences of up to five of two tokens have the distance of the definition") {
  std::vector<std::vector<int64_t>> all;
  for (size_t length = 0; length <= 5; ++length)
    for (int64_t bits = 0; bits < int64_t{1} << length; ++bits) {
      all.emplace_back();
      for (size_t i = 0; i < length; ++i) all.back().push_back(bits >> i & 1);
    }
  for (const auto& a : all)
    for (const auto& b : all) {
      const Edits found = edits(a, b);
      REQUIRE(found.distance() == distance(a, b, a.size(), b.size()));
      REQUIRE(found.reference_length() == static_cast<int64_t>(b.size()));
      REQUIRE(found.hits + found.substitutions + found.insertions == static_cast<int64_t>(a.size()));
    }
}

TEST_CASE("edit distance: differences are as many as the distance, and turn the reference into the hypothesis") {
  using Tokens = std::vector<std::string_view>;
  const Tokens wanted{"a", "b", "c", "d"}, said{"b", "x", "d", "e"};
  CHECK(differences(said, wanted) == std::vector<Difference>{{"", "e"}, {"c", "x"}, {"a", ""}});
  CHECK(differences(wanted, wanted).empty());
  CHECK(differences({}, wanted).size() == 4);
  const Tokens all{"a", "b", "c"};
  for (int64_t number = 0; number < 81 * 81; ++number) {
    Tokens one, other;
    for (int64_t rest = number, i = 0; i < 8; rest /= 3, ++i)
      (i < 4 ? one : other).push_back(all[static_cast<size_t>(rest % 3)]);
    REQUIRE(std::ssize(differences(one, other)) == edits(one, other).distance());
  }
}

TEST_CASE("error rate: sequences of ids and of strings add up, and may exceed 1") {
  EditErrorRate per("per");
  const std::vector<int32_t> said{1, 2, 3, 4}, wanted{1, 3};
  per.update(said, wanted);
  CHECK(per.value() == 1);
  const std::vector<std::string> phones{"a", "b", "c"}, phone{"x"};
  per.update(phones, phone);
  CHECK(per.value() == doctest::Approx(5.0 / 3));
  CHECK(per.edits().insertions == 4);
  CHECK(per.edits().substitutions == 1);
  CHECK(!per.larger_is_better());
  per.reset();
  CHECK(test::message_of([&] { (void)per.value(); }) == "[per] need at least one example, got none");
}
