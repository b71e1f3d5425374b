// The generator itself: a case can be drawn again, and a failing one becomes small.
#include "tests/support/property.h"

#include <doctest/doctest.h>

#include "core/base/error.h"

using namespace grus;
using namespace grus::test;

TEST_CASE("property: a seed draws the same choices again, and every number of a range comes up") {
  std::vector<bool> seen(5);
  for (uint64_t seed = 0; seed < 200; ++seed) {
    Choices a(seed), b(seed);
    const int64_t number = a.in(3, 7);
    CHECK(number == b.in(3, 7));
    REQUIRE(number >= 3);
    REQUIRE(number <= 7);
    seen[static_cast<size_t>(number - 3)] = true;
  }
  CHECK(seen == std::vector<bool>(5, true));
}

TEST_CASE("property: a failing case is shrunk to the smallest that fails, and says how to run it again") {
  const std::string message = first_failure(1000, [](Choices& choices) -> std::string {
    const int64_t a = choices.in(0, 1000), b = choices.in(-50, 50);
    return a >= 117 && b > -20 ? "a = " + std::to_string(a) + ", b = " + std::to_string(b) : "";
  });
  CHECK(message.find("a = 117, b = -19\n(again: GRUS_SEED=") == 0);
}

TEST_CASE("property: an exception is a failure, and none is no message") {
  const std::string message = first_failure(1, [](Choices&) -> std::string { fail("[test] need luck, got none"); });
  CHECK(message.find("an exception: [test] need luck, got none") == 0);
  CHECK(first_failure(100, [](Choices&) { return std::string(); }).empty());
}
