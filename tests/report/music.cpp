// Piano rolls.
#include <doctest/doctest.h>

#include <cmath>

#include "core/base/error.h"
#include "report/piano_roll.h"
#include "tests/support/well_formed.h"

using namespace grus;
using namespace grus::report;

TEST_CASE("piano roll: notes, voices and expectations are drawn") {
  PianoRoll roll{
      .notes = {{0, 1, 60, 0}, {1, 2.5, 61, 1}}, .from = 1, .voices = {"<given>", "made"}, .description = "a & b"};
  const std::string plain = piano_roll(roll);
  CHECK(test::not_well_formed(plain) == "");
  CHECK(plain.find("&lt;given&gt;") != std::string::npos);
  CHECK(plain.find("C♯4, 2.5 from 1") != std::string::npos);
  CHECK(plain.find("<mask") == std::string::npos);
  roll.expected.assign(4 * 88, NAN);
  const std::string expected = piano_roll(roll);
  CHECK(test::not_well_formed(expected) == "");
  CHECK(expected.find("<mask") != std::string::npos);
}

TEST_CASE("piano roll: no note is an empty chart, and what cannot be drawn is refused") {
  CHECK(piano_roll({}).find("no notes") != std::string::npos);
  CHECK(test::not_well_formed(piano_roll({.notes = {{0, 1000, 0, 1}, {3, 0, 127, 1}}})) == "");
  CHECK_THROWS_AS(piano_roll({.notes = {{0, 1, 128}}}), UsageError);
  CHECK_THROWS_AS(piano_roll({.notes = {{NAN, 1, 60}}}), UsageError);
  CHECK_THROWS_AS(piano_roll({.notes = {{0, 1, 60}}, .expected = {1, 2}}), UsageError);
}
