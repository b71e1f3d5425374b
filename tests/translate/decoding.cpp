// How `translate run` decodes: prefixes, samples, alignments, lists of n best and their scores.
#include <doctest/doctest.h>

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "data/pairs/alignment.h"
#include "data/pairs/n_best_list.h"
#include "data/read/text.h"
#include "tests/data/files.h"
#include "tests/translate/program.h"

using namespace grus;
using test::check_error;
using test::program;
using Result = test::ProgramResult;

namespace {

struct Models {
  test::Folder folder;
  std::string pairs = folder.file("pairs.tsv", "a b\tA B\nc\tC\nb a c\tB A C\n"),
              source = folder.file("source", "a b\n\nb a c\nc\n");
  std::string first = trained("bahdanau"), second = trained("rnn-encdec"), run = "run --model " + first + " ";
  std::string trained(const std::string& arch) const {
    const std::string out = folder.path(arch);
    const Result result =
        program(folder, "train --train " + pairs + " --valid " + pairs + " --out " + out + " --arch " + arch +
                            " --tokenizer space --emb 8 --hidden 8 --epochs 1 --tie none");
    REQUIRE_MESSAGE(result.code == 0, result.err);
    return out;
  }
  std::vector<std::string> lines(const std::string& arguments, const std::string& before = "") const {
    const Result result = program(folder, arguments + (before.empty() ? " <" + source : ""), before);
    REQUIRE_MESSAGE(result.code == 0, result.err);
    return data::read_lines(folder.file("said", result.out));
  }
};

}  // namespace

TEST_CASE("decoding: translations begin as a file or a column says") {
  const Models m;
  const std::string prefixes = m.folder.file("prefixes", "B B\nA\n\nC\n");
  const auto said = m.lines(m.run + "--prefix " + prefixes);
  REQUIRE(said.size() == 4);
  CHECK(said[0].starts_with("B B"));
  CHECK(said[1].empty());  // a source without words has no translation
  CHECK(said[3].starts_with("C"));
  CHECK(said[2] == m.lines(m.run)[2]);
  const auto column = m.lines(m.run + "--prefix-column", "printf 'a b\\tB B\\n\\nb a c\\nc\\tC\\n' |");
  CHECK(column == said);
}

TEST_CASE("decoding: a prefix that cannot be said, or is missing, is one line, behind what was translated") {
  const Models m;
  const auto refused = [&](const char* text, const std::string& what) {
    const Result result = program(m.folder, m.run + "--prefix " + m.folder.file("p", text) + " <" + m.source);
    check_error(result, 1, what);
    return std::count(result.out.begin(), result.out.end(), '\n');
  };
  CHECK(refused("A\nA\nA X\nA\n", "p:3: need a prefix that the model can say, got 'X', which is not in its") == 2);
  CHECK(refused("A\nA\n", "p: need a line for each of standard input, got 2") == 2);
  CHECK(refused("A\n\n\n\nA\n", "p:5: need as many lines as standard input, 4, got more") == 4);
  check_error(program(m.folder, m.run + "--prefix p --prefix-column <" + m.source), 2, "--prefix");
  check_error(program(m.folder, m.run + "--prefix " + m.folder.path("none") + " <" + m.source), 1, "none");
}

TEST_CASE("decoding: samples are drawn by the seed, and lines do not depend on one another") {
  const Models m;
  const std::string sample = m.run + "--sample --n-best 3 --temperature 2 ";
  const auto all = m.lines(sample), again = m.lines(sample + "--batch 1"), other = m.lines(sample + "--seed 6");
  CHECK(all.size() == 10);                                 // the blank line has one
  const auto texts = [](std::vector<std::string> lines) {  // log-probabilities are rounded as their batch sums them
    for (std::string& line : lines) line.resize(line.find(" ||| logp="));
    return lines;
  };
  CHECK(texts(all) == texts(again));
  CHECK(texts(all) != texts(other));
  CHECK(m.lines(m.run + "--sample --top-k 1") == m.lines(m.run + "--beam 1"));
  const auto begun = m.lines(m.run + "--sample --prefix-column --n-best 2", "printf 'c\\tB A\\n' |");
  REQUIRE(begun.size() == 2);
  for (const std::string& line : begun) CHECK(line.starts_with("0 ||| B A"));
  check_error(program(m.folder, m.run + "--temperature 2 <" + m.source), 2, "--temperature");
  check_error(program(m.folder, m.run + "--sample --beam 2 <" + m.source), 2, "--sample");
  check_error(program(m.folder, m.run + "--sample --top-p 0 <" + m.source), 2, "top_p");
}

TEST_CASE("decoding: hard alignments are links that the phrase extractor reads") {
  const Models m;
  const auto said = m.lines(m.run + "--alignment-format pharaoh --alignments " + m.folder.path("links"));
  const auto links = data::read_lines(m.folder.path("links")), source = data::read_lines(m.source);
  REQUIRE(links.size() == 4);
  CHECK(links[1].empty());
  for (size_t n = 0; n < links.size(); ++n) {
    const auto words = std::ssize(data::split_spaces(said[n]));
    CHECK(std::ssize(data::parse_links(links[n], std::ssize(data::split_spaces(source[n])), words, "links", 1)) ==
          words);
  }
  check_error(program(m.folder, m.run + "--alignment-format pharaoh <" + m.source), 2, "--alignments");
}

TEST_CASE("decoding: what a given pair's words look at is what the same words of a search look at") {
  const Models m;
  const std::string prefixes = m.folder.file("prefixes", "B B\nA\n\nC\n");
  const auto said = m.lines(m.run + "--prefix " + prefixes + " --alignments " + m.folder.path("found"));
  std::string pairs, found;
  const auto sources = data::read_lines(m.source), weights = data::read_lines(m.folder.path("found"));
  for (size_t n = 0; n < sources.size(); ++n) {
    if (said[n].empty()) continue;
    pairs += sources[n] + "\t" + said[n] + "\n";
    found += weights[n] + "\n";
  }
  REQUIRE_FALSE(pairs.empty());
  const std::string score = "score --model " + m.first + " <" + m.folder.file("said.tsv", pairs) + " --alignments ";
  REQUIRE(program(m.folder, score + m.folder.path("given")).code == 0);
  const auto given = data::read_lines(m.folder.path("given"));
  const auto expected = data::read_lines(m.folder.file("expected", found));
  REQUIRE(given.size() == expected.size());
  for (size_t n = 0; n < given.size(); ++n) {
    const auto a = nlohmann::json::parse(given[n]), b = nlohmann::json::parse(expected[n]);
    CHECK(a["target"].back() == "<eos>");
    for (size_t t = 0; t < b["weights"].size(); ++t)  // one row less where a search came to its limit
      for (size_t s = 0; s < a["source"].size(); ++s)
        CHECK(a["weights"][t][s].get<double>() == doctest::Approx(b["weights"][t][s].get<double>()).epsilon(1e-4));
  }
  check_error(program(m.folder, "score --model " + m.second + " <" + m.folder.path("said.tsv") + " --alignments " +
                                    m.folder.path("none")),
              1, "--alignments: need a model with attention, got --arch rnn-encdec");
  CHECK_FALSE(std::filesystem::exists(m.folder.path("none")));
}

TEST_CASE("decoding: a list of n best gets another model's score, as --rescore weighs it") {
  const Models m;
  const auto list = m.lines(m.run + "--n-best 4 --beam 4"),
             weighed = m.lines(m.run + "--n-best 4 --beam 4 --rescore " + m.second + "=0.75");
  CHECK(list[0].find(" ||| logp= -") != std::string::npos);
  std::string text;
  for (const std::string& line : list) text += line + "\n";
  const std::string scoring = "score --model " + m.second + " --n-best " + m.folder.file("list", text) + " --src ",
                    score = scoring + m.source;
  const auto scored = m.lines(score + " --weight 0.75 --feature cho");
  m.folder.file("scored", fmt::format("{}\n", fmt::join(scored, "\n")));
  m.folder.file("weighed", fmt::format("{}\n", fmt::join(weighed, "\n")));
  const auto a = data::read_n_best(m.folder.path("scored")), b = data::read_n_best(m.folder.path("weighed"));
  REQUIRE(a.size() == b.size());
  for (size_t n = 0; n < a.size(); ++n) {
    CHECK(a[n].sentence == b[n].sentence);
    CHECK(a[n].text == b[n].text);
    CHECK(a[n].score == doctest::Approx(b[n].score).epsilon(1e-4));
    if (a[n].sentence != 1) CHECK(a[n].features.find(" cho= -") != std::string::npos);
  }
  check_error(program(m.folder, scoring + m.folder.file("short", "a b\n")), 1,
              "list: need sentences of the 1 in " + m.folder.path("short") + ", got number 1");
  check_error(program(m.folder, score + " --feature 'a b'"), 2, "--feature: need a name without blanks");
  check_error(program(m.folder, "score --model " + m.second + " --src " + m.source), 2,
              "--src: need --tgt or --n-best");
  check_error(program(m.folder, "score --model " + m.second + " --weight 2 <" + m.pairs), 2, "--weight");
}
