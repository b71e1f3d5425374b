// The embedded excerpt keeps what its README promises.
#include <doctest/doctest.h>

#include <cstdlib>
#include <set>

#include "data/pairs/corpus.h"
#include "data/read/text.h"
#include "data/text/unicode.h"
#include "data/text/word_tokenizer.h"

using namespace grus::data;

namespace {

std::string path(const std::string& part) {
  const char* folder = std::getenv("GRUS_EXCERPT");
  return std::string(folder ? folder : "examples/translate/data") + "/" + part + ".tsv.gz";
}

bool is_word(const std::string& piece) { return is_word_character(decode_utf8(piece).front().value); }

// Returns the words alone, so that "go." and "go!" are the same sentence.
std::string words_of(const Tokenizer& tokenizer, const std::string& line) {
  std::string words;
  for (const std::string& piece : tokenizer.tokenize(line))
    if (is_word(piece)) words += piece + " ";
  return words;
}

}  // namespace

TEST_CASE("excerpt: it has 20,000 pairs but for those that the held-out sides stand for") {
  CHECK(read_tsv(path("train")).size() == 18685);
  CHECK(read_references_tsv(path("valid")).size() == 500);
  CHECK(read_references_tsv(path("test")).size() == 500);
}

TEST_CASE("excerpt: the word tokenizer gives every line back, within the words of the rule") {
  const auto tokenizer = word_tokenizer();
  std::set<std::string> english, french;
  const ParallelCorpus train = read_tsv(path("train"));
  const auto check = [&](const std::vector<std::string>& lines, std::set<std::string>& seen, size_t most) {
    for (const std::string& line : lines) {
      const std::vector<std::string> pieces = tokenizer->tokenize(line);
      CHECK(tokenizer->detokenize(pieces) == line);
      size_t words = 0;
      for (const std::string& piece : pieces) {
        seen.insert(piece);
        words += is_word(piece) ? 1 : 0;
      }
      CHECK(words <= most);
    }
  };
  check(train.source, english, 8);
  check(train.target, french, 10);
  check(read_references_tsv(path("test")).source, english, 8);
  CHECK(english.size() <= 600 + 5);
  CHECK(french.size() <= 1500 + 5);
}

TEST_CASE("excerpt: no English sentence is in two parts, whatever its punctuation") {
  const auto tokenizer = word_tokenizer();
  std::set<std::string> train, valid;
  for (const std::string& line : read_tsv(path("train")).source) train.insert(words_of(*tokenizer, line));
  for (const std::string& line : read_references_tsv(path("valid")).source) {
    valid.insert(words_of(*tokenizer, line));
    CHECK_FALSE(train.contains(words_of(*tokenizer, line)));
  }
  for (const std::string& line : read_references_tsv(path("test")).source) {
    CHECK_FALSE(train.contains(words_of(*tokenizer, line)));
    CHECK_FALSE(valid.contains(words_of(*tokenizer, line)));
  }
}

TEST_CASE("excerpt: references of a sentence differ") {
  for (const char* part : {"valid", "test"}) {
    const ReferenceCorpus corpus = read_references_tsv(path(part));
    for (const auto& references : corpus.references)
      CHECK(std::set<std::string>(references.begin(), references.end()).size() == references.size());
    CHECK(std::set<std::string>(corpus.source.begin(), corpus.source.end()).size() == 500);
  }
}
