#include "data/pairs/bleu.h"

#include <doctest/doctest.h>

#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>

#include "core/base/error.h"
#include "data/pairs/chrf.h"
#include "tests/data/files.h"

using namespace grus;
using namespace grus::data;
using nlohmann::json;

namespace {

json bleu_golden() {
  const char* folder = std::getenv("GRUS_GOLDEN");
  std::ifstream in(std::string(folder ? folder : "tests/golden") + "/bleu.json");
  REQUIRE(in.good());
  return json::parse(in);
}

struct Corpus {
  std::vector<std::string> hypotheses;
  References references;
};

// "nrefs" is 1, 2, or "var", where every other sentence has a second reference.
Corpus corpus_of(const json& rows, const json& nrefs) {
  Corpus corpus;
  for (size_t i = 0; i < rows.size(); ++i) {
    corpus.hypotheses.push_back(rows[i][0]);
    corpus.references.push_back({rows[i][1]});
    if (nrefs == 2 || (nrefs == "var" && i % 2 == 1)) corpus.references.back().push_back(rows[i][2]);
  }
  return corpus;
}

}  // namespace

TEST_CASE("bleu: scores and lines are sacreBLEU's") {
  const json file = bleu_golden();
  const std::string version = "version:" + file["sacrebleu"].get<std::string>();
  for (const json& expected : file["cases"]) {
    const Corpus corpus = corpus_of(file["corpora"][expected["corpus"].get<std::string>()], expected["nrefs"]);
    double score = 0;
    std::string line;
    if (expected["tokenize"] == "chrf") {
      const Chrf chrf = corpus_chrf(corpus.hypotheses, corpus.references, expected["lowercase"]);
      score = chrf.score;
      line = chrf.line();
    } else {
      const Bleu bleu = corpus_bleu(corpus.hypotheses, corpus.references,
                                    {.tokenize = expected["tokenize"], .lowercase = expected["lowercase"]});
      score = bleu.score;
      line = bleu.line();
    }
    CAPTURE(expected.dump());
    CHECK(score == doctest::Approx(expected["score"].get<double>()).epsilon(1e-9));
    std::string wanted = expected["line"];
    wanted.replace(wanted.find(version), version.size(), "version:grus");
    CHECK(line == wanted);
  }
}

TEST_CASE("bleu: the 13a tokenizer is sacreBLEU's") {
  const json file = bleu_golden();
  for (const json& pair : file["tokenized_13a"])
    CHECK(tokenize_13a(pair[0].get<std::string>()) == pair[1].get<std::string>());
}

TEST_CASE("bleu: a corpus against itself is 100") {
  const std::vector<std::string> text = {"a crane stands in the water", "two cranes dance in the rain"};
  CHECK(corpus_bleu(text, single_references(text)).score == doctest::Approx(100));
  CHECK(corpus_chrf(text, single_references(text)).score == doctest::Approx(100));
}

TEST_CASE("bleu: sums of sentences give the corpus") {
  const std::vector<std::string> text = {"a crane stands in the water", "two cranes dance in rain", ""};
  const References references = {{"the crane stands in the water"}, {"two cranes dance in the rain", "x"}, {"y"}};
  BleuStats sum;
  for (size_t n = 0; n < text.size(); ++n) sum += bleu_stats(text[n], references[n]);
  CHECK(bleu_from_stats(sum).score == corpus_bleu(text, references).score);
  CHECK(bleu_from_stats(BleuStats{}).score == 0);
}

TEST_CASE("bleu: what cannot be scored is an error") {
  CHECK_THROWS_AS(corpus_bleu({}, {}), UsageError);
  CHECK_THROWS_AS(corpus_bleu({"a"}, {}), UsageError);
  CHECK(test::message_of<UsageError>([] {
          corpus_bleu({"a", "b"}, {{"a"}, {}});
        }) == "[bleu] need a reference for each sentence, got none for sentence 2");
  CHECK_THROWS_AS(corpus_chrf({"a"}, {{}}), UsageError);
  CHECK(test::message_of<UsageError>([] { corpus_bleu({"a"}, {{"a"}}, {.tokenize = "intl"}); }) ==
        "[bleu] need tokenize 13a or none, got 'intl'");
}

TEST_CASE("13a: entities are replaced from left to right, once, in time that grows with the text") {
  CHECK(tokenize_13a("&amp;lt;") == "<");  // & first, as in mteval-v13a.pl
  CHECK(tokenize_13a("x<skipped>y") == "xy");
  std::string entities, quotes;
  for (int i = 0; i < 2'000'000; ++i) entities += "&quot;", quotes += i ? " \"" : "\"";
  CHECK(tokenize_13a(entities) == quotes);
}
