#include "core/base/fold.h"

#include <doctest/doctest.h>

#include <string>

using namespace grus;

namespace {

std::string text(const std::vector<Fold>& pieces, std::string_view letters) {
  std::string result;
  for (const Fold& piece : pieces) {
    if (piece.times == 1) result += letters[piece.begin];
    else result += std::to_string(piece.times) + "(" + text(piece.body, letters) + ")";
  }
  return result;
}

std::string folded(std::string_view letters) {
  const std::vector<size_t> keys(letters.begin(), letters.end());
  return text(fold_repeats(keys), letters);
}

}  // namespace

TEST_CASE("fold: what comes three times in a row or more becomes one piece") {
  CHECK(folded("xabcabcabcabcy") == "x4(abc)y");
  CHECK(folded("aaab") == "3(a)b");
  CHECK(folded("aab") == "aab");
  CHECK(folded("abab") == "abab");
  CHECK(folded("") == "");
}

TEST_CASE("fold: repeats within repeats") { CHECK(folded("qaaabaaabaaabz") == "q3(3(a)b)z"); }

TEST_CASE("fold: an incomplete last repeat stays as it is") { CHECK(folded("abcabcabcab") == "3(abc)ab"); }
