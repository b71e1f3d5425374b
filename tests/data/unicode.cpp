#include "data/text/unicode.h"

#include <doctest/doctest.h>

#include "core/base/error.h"
#include "data/text/unaccented.h"

using namespace grus;
using namespace grus::data;

TEST_CASE("unicode: lower case follows Unicode, special cases too") {
  CHECK(lower_case("ÀÉÎ ŒUVRE ΑΒΓ ЖЗ ẞ") == "àéî œuvre αβγ жз ß");
  CHECK(lower_case("ΟΔΟΣ ΣΟΣ Σ ΑΣ. ΑΣ.Β") == "οδος σος σ ας. ασ.β");
  CHECK(lower_case("Σ") == "σ");
  CHECK(lower_case("\u0130") == "i\u0307");
  CHECK(lower_case("").empty());
}

TEST_CASE("unicode: composition joins letter and mark, whatever their order") {
  CHECK(compose("E\u0301") == "\u00C9");
  CHECK(compose("a\u0301\u0323") == "\u1EA1\u0301");
  CHECK(compose("\uFB01").size() == 3);  // canonical only: the ligature stays
  CHECK(compose("").empty());
}

TEST_CASE("unicode: letters without accents are those of the decomposition without its marks") {
  CHECK(unaccented("Ça été Noël øœ") == "Ca ete Noel øœ");
  CHECK(unaccented("e\u0301\u0323") == "e");
  CHECK(unaccented("").empty());
}

TEST_CASE("unicode: what is no UTF-8 is an error") {
  CHECK_THROWS_AS(unaccented("\xC3"), DataError);
  CHECK_THROWS_AS(decode_utf8("ab\xFF"), DataError);
  CHECK_THROWS_AS(lower_case("\xC3"), DataError);
}

TEST_CASE("unicode: spaces of all kinds are spaces") {
  for (const int32_t point : {0x09, 0x0A, 0x1F, 0x20, 0x85, 0xA0, 0x2003, 0x2028, 0x202F, 0x3000})
    CHECK(is_space(point));
  for (const int32_t point : {0x00, 0x1B, int32_t{'a'}, 0x200B, 0xFEFF}) CHECK_FALSE(is_space(point));
}
