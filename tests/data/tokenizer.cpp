#include "data/text/tokenizers.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include "core/base/error.h"
#include "data/read/text.h"
#include "data/text/word_tokenizer.h"
#include "tests/data/files.h"

using namespace grus;
using namespace grus::data;
using test::message_of;

namespace {
std::string cut(const Tokenizer& tokenizer, std::string_view line) {
  return fmt::format("{}", fmt::join(tokenizer.tokenize(line), "|"));
}
std::string there_and_back(const Tokenizer& tokenizer, std::string_view line) {
  return tokenizer.detokenize(tokenizer.tokenize(line));
}
}  // namespace

TEST_CASE("tokenizer: space cuts at ASCII spaces and gives the line back") {
  const auto t = space_tokenizer();
  CHECK(cut(*t, "  a  b\u00A0c\t! ") == "a|b\u00A0c|!");
  CHECK(there_and_back(*t, " a  b\u00A0c\t! ") == "a b\u00A0c !");
  CHECK(t->tokenize(" ").empty());
}

TEST_CASE("tokenizer: verbatim keeps every space and tab") {
  const auto t = verbatim_tokenizer();
  CHECK(t->tokenize("  é\t") == std::vector<std::string>{"▁", "▁", "é", "\t"});
  for (const char* line : {"", " ", "  if x:\t# two  spaces ", "漢字"}) CHECK(t->detokenize(t->tokenize(line)) == line);
}

TEST_CASE("tokenizer: char cuts code points and gives the line back") {
  const auto t = char_tokenizer();
  CHECK(cut(*t, " né  漢\U0001F600 ") == "n|é|\u2581|漢|\U0001F600");
  CHECK(there_and_back(*t, " né  漢\U0001F600 ") == "né 漢\U0001F600");
}

TEST_CASE("tokenizer: word lower-cases, composes, and sets punctuation apart") {
  const auto t = word_tokenizer();
  CHECK(cut(*t, "Hello, World!") == "hello|,|world|!");
  CHECK(cut(*t, "\u00C9cole E\u0301cole \u00D6L \u0130") == "école|école|öl|i\u0307");
  CHECK(cut(*t, "L'eau, l\u2019air; don't") == "l'|eau|,|l\u2019|air|;|don'|t");
  CHECK(cut(*t, "the dogs' bones 'quoted'") == "the|dogs|'|bones|'|quoted|'");
  CHECK(cut(*t, "3.50 or 1,000, 2.") == "3.50|or|1,000|,|2|.");
  CHECK(cut(*t, "Est-ce vrai... -- non ?!") == "est-ce|vrai|...|--|non|?|!");
  CHECK(cut(*t, "Salut\u202F!\u00A0Va\u3000la") == "salut|!|va|la");
  CHECK(cut(*t, "(\u00ABA\u00BB)") == "(|\u00AB|a|\u00BB|)");
  CHECK(cut(*t, "snake_case -x a- \U0001F600") == "snake_case|-|x|a|-|\U0001F600");
  CHECK(t->tokenize(" \u00A0 ").empty());
}

TEST_CASE("tokenizer: word joins so that plain sentences read as written") {
  const auto t = word_tokenizer();
  for (const char* line : {"hello, world!", "l'eau est à 3.50 € (ou 1,000).", "he said \"no, thanks\" and left.",
                           "don't go... really?", "¿qué tal? ¡bien!", "it costs $5, or 10% of [that].", "a/b testing",
                           "yes; no: maybe", "\u201Cquoted\u201D text", "est-ce vrai?", "漢字。"})
    CHECK(there_and_back(*t, line) == line);
  CHECK(t->detokenize({"salut", ",", "toi", "!"}) == "salut, toi!");
  CHECK(t->detokenize({}).empty());
}

TEST_CASE("tokenizer: word refuses bytes that are not UTF-8") {
  CHECK_THROWS_AS(word_tokenizer()->tokenize("ab\xFF"), DataError);
}

TEST_CASE("tokenizer: every kind that is offered can be made, another is refused") {
  for (const std::string& kind : tokenizer_kinds())
    if (!is_trained_kind(kind)) CHECK(make_tokenizer(kind)->kind() == kind);
  CHECK(message_of<UsageError>([] { make_tokenizer("words"); }).ends_with("word, space, char, verbatim, got 'words'"));
}
