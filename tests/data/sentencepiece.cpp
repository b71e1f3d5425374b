#include "data/text/sentencepiece.h"

#include <doctest/doctest.h>

#include <cstdlib>

#include "core/base/error.h"
#include "data/read/text.h"
#include "data/text/codec.h"
#include "tests/data/files.h"
#include "tests/support/skip.h"

using namespace grus;
using namespace grus::data;
using test::Folder;
using test::message_of;

namespace {

const std::vector<std::string> english = {"the old crane stands in the water", "two cranes dance in the rain",
                                          "a crane eats a small fish", "the fish swim in the old water"};
const std::vector<std::string> french = {"la vieille grue est debout dans l'eau", "deux grues dansent sous la pluie",
                                         "une grue mange un petit poisson", "les poissons nagent dans l'eau"};

bool missing() {
  if (sentencepiece_available()) return false;
  test::skip("no SentencePiece");
  return true;
}

}  // namespace

TEST_CASE("sentencepiece: known text comes back as it was, but for runs of spaces") {
  if (missing()) return;
  for (const std::string kind : {"bpe", "unigram"}) {
    const auto t = train_sentencepiece(kind, {english, french}, 80);
    CHECK(t->kind() == kind);
    for (const auto& side : {english, french})
      for (const std::string& line : side) CHECK(t->detokenize(t->tokenize("  " + line + " ")) == line);
    CHECK(t->tokenize("").empty());
    CHECK(t->detokenize({}).empty());
  }
}

TEST_CASE("sentencepiece: text is not normalised") {
  if (missing()) return;
  const std::vector<std::string> odd = {"\u00BD litre\u00A0! \uFB01n \u2026 e\u0301 \u00E9 \uFF21 &apos;s &quot;"};
  const auto t = train_sentencepiece("bpe", {odd}, 60);
  CHECK(t->detokenize(t->tokenize(odd[0])) == odd[0]);
}

TEST_CASE("sentencepiece: a small corpus gets fewer pieces and the user is told") {
  if (missing()) return;
  for (const std::string kind : {"bpe", "unigram"}) {
    std::vector<std::string> told;
    const Notice notice = [&](std::string_view line) { told.emplace_back(line); };
    const auto t = train_sentencepiece(kind, {english}, 5000, notice);
    REQUIRE(told.size() == 1);
    CHECK(told[0] ==
          kind + ": " + std::to_string(t->all_pieces().size() + 4) + " pieces instead of 5000: the text holds no more");
    told.clear();
    train_sentencepiece(kind, {english}, 26, notice);
    CHECK(told == std::vector<std::string>{});
  }
}

TEST_CASE("sentencepiece: the smallest corpora train") {
  if (missing()) return;
  for (const std::string kind : {"bpe", "unigram"})
    for (const std::string line : {"a", "a b", "aaaa", "grue"}) {
      CAPTURE(line);
      const std::vector<std::string> one = {line};
      const auto t = train_sentencepiece(kind, {one}, 6000);
      CHECK(t->tokenize(line).size() > 0);
    }
  const std::vector<std::string> blank = {"", " \t"};
  CHECK_THROWS_AS(train_sentencepiece("bpe", {blank}, 100), DataError);
  CHECK_THROWS_AS(train_sentencepiece("bpe", {}, 100), DataError);
}

TEST_CASE("sentencepiece: a very long line trains and encodes") {
  if (missing()) return;
  std::vector<std::string> lines = english;
  for (int i = 0; i < 10000; ++i) lines[0] += i % 3 == 0 ? " crane" : " fish";
  const auto t = train_sentencepiece("bpe", {lines}, 60);
  CHECK(t->detokenize(t->tokenize(lines[0])) == lines[0]);
}

TEST_CASE("sentencepiece: fewer pieces than characters is an error with the least number") {
  if (missing()) return;
  const std::vector<std::string> abc = {"abc a"};
  CHECK(message_of<UsageError>([&] { train_sentencepiece("bpe", {abc}, 7); }) ==
        "[tokenizer] need a vocabulary of at least 8 for the 4 characters of the text, got 7");
  CHECK_NOTHROW(train_sentencepiece("bpe", {abc}, 8));
  CHECK_THROWS_AS(train_sentencepiece("word", {abc}, 8), UsageError);
}

TEST_CASE("sentencepiece: the same sentences give the same model") {
  if (missing()) return;
  for (const std::string kind : {"bpe", "unigram"})
    CHECK(train_sentencepiece(kind, {english, french}, 70)->model() ==
          train_sentencepiece(kind, {english, french}, 70)->model());
}

TEST_CASE("sentencepiece: a damaged model is an error") {
  if (missing()) return;
  const std::string model = train_sentencepiece("bpe", {english}, 60)->model();
  CHECK(load_sentencepiece("bpe", model)->all_pieces().size() == 56);
  for (size_t length = 0; length < model.size(); length += 7)
    CHECK_THROWS_AS(load_sentencepiece("bpe", std::string_view(model).substr(0, length)), DataError);
  CHECK_THROWS_AS(load_sentencepiece("bpe", "this is no model at all"), DataError);
}

TEST_CASE("sentencepiece: the default recipe brings Multi30k back line by line") {
  if (missing()) return;
  const char* shared = std::getenv("GRUS_SHARED_DATA");
  const std::string folder = std::string(shared ? shared : "../shared/data") + "/multi30k/tok/";
  if (!std::filesystem::exists(folder)) return test::skip("no data");
  std::vector<std::string> german = read_lines(folder + "val.lc.norm.tok.de"),
                           english_lines = read_lines(folder + "val.lc.norm.tok.en");
  const Codec codec = Codec::learn({german, english_lines}, {.kind = "bpe", .size = 3000});
  CHECK(codec.size() == 3000);
  for (const auto& side : {german, english_lines})
    for (const std::string& line : side) {
      const auto ids = codec.encode(line);
      CHECK(codec.decode(ids) == collapse_spaces(line));
      CHECK(std::find(ids.begin(), ids.end(), UNK) == ids.end());
    }
}
