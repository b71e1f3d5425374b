#include "data/pairs/phrase_extract.h"

#include <doctest/doctest.h>

#include <cmath>
#include <random>
#include <set>

#include "core/base/error.h"
#include "data/pairs/word_aligner.h"
#include "data/read/text.h"
#include "tests/data/files.h"

using namespace grus;
using namespace grus::data;
using test::message_of;

namespace {

// Goes by the definition alone: every pair of spans is tried.
std::set<PhraseSpan> by_definition(int32_t sources, int32_t targets, const Links& links, int32_t longest) {
  std::set<PhraseSpan> found;
  for (int32_t s1 = 0; s1 < sources; ++s1)
    for (int32_t s2 = s1 + 1; s2 <= std::min(sources, s1 + longest); ++s2)
      for (int32_t t1 = 0; t1 < targets; ++t1)
        for (int32_t t2 = t1 + 1; t2 <= std::min(targets, t1 + longest); ++t2) {
          int inside = 0, crossing = 0;
          for (const Link& link : links) {
            const bool s = link.source >= s1 && link.source < s2, t = link.target >= t1 && link.target < t2;
            inside += s && t;
            crossing += s != t;
          }
          if (inside > 0 && crossing == 0) found.insert({s1, s2, t1, t2});
        }
  return found;
}

std::vector<std::string> words(const std::string& text) {
  std::vector<std::string> result;
  for (const auto word : split_spaces(text)) result.emplace_back(word);
  return result;
}

}  // namespace

TEST_CASE("alignment: Pharaoh's format is read and written, and bad links are named") {
  const Links links = parse_links("1-2  0-0 1-2", 2, 3, "al", 4);
  CHECK(links == Links{{0, 0}, {1, 2}});
  CHECK(format_links(links) == "0-0 1-2");
  CHECK(parse_links("", 2, 3, "al", 4).empty());
  const auto refused = [](const char* text) {
    return message_of<DataError>([&] { parse_links(text, 2, 3, "al", 4); });
  };
  CHECK(refused("0:0") == "al:4: need links such as 0-0 1-2, got '0:0'");
  CHECK(refused("0-") == "al:4: need links such as 0-0 1-2, got '0-'");
  CHECK(refused("2-0") == "al:4: need places in sentences of 2 and 3 words, got 2-0");
  CHECK(refused("0--1") == "al:4: need places in sentences of 2 and 3 words, got 0--1");
}

TEST_CASE("alignment: symmetrisation grows from the intersection and finishes words without links") {
  const Links forward{{0, 0}, {1, 1}, {1, 2}, {3, 3}}, backward{{0, 0}, {1, 1}, {2, 1}, {2, 4}};
  const auto with = [&](Symmetrisation how) { return format_links(symmetrise(forward, backward, 4, 5, how)); };
  CHECK(with(Symmetrisation::intersection) == "0-0 1-1");
  CHECK(with(Symmetrisation::union_of_both) == "0-0 1-1 1-2 2-1 2-4 3-3");
  CHECK(with(Symmetrisation::grow_diag) == "0-0 1-1 1-2 2-1");
  CHECK(with(Symmetrisation::grow_diag_final) == "0-0 1-1 1-2 2-1 2-4 3-3");
  CHECK(with(Symmetrisation::grow_diag_final_and) == "0-0 1-1 1-2 2-1 3-3");
}

TEST_CASE("phrase extraction: exactly the consistent spans, words without links at the edges") {
  std::mt19937 random(5);
  for (int trial = 0; trial < 200; ++trial) {
    const auto sources = static_cast<int32_t>(1 + random() % 7), targets = static_cast<int32_t>(1 + random() % 7);
    std::set<Link> links;
    for (auto i = random() % 8; i > 0; --i)
      links.insert({static_cast<int32_t>(random() % static_cast<unsigned>(sources)),
                    static_cast<int32_t>(random() % static_cast<unsigned>(targets))});
    const Links all(links.begin(), links.end());
    const std::vector<PhraseSpan> found = consistent_phrases(sources, targets, all, 4);
    CHECK(std::set<PhraseSpan>(found.begin(), found.end()) == by_definition(sources, targets, all, 4));
    CHECK(std::set<PhraseSpan>(found.begin(), found.end()).size() == found.size());
  }
}

TEST_CASE("phrase extraction: the table has Moses's scores, worked out by hand") {
  const test::Folder folder;
  PhraseTableBuilder builder;
  builder.add(words("the house"), words("la maison"), {{0, 0}, {1, 1}});
  builder.add(words("the house"), words("la maison"), {{0, 0}, {1, 1}});
  builder.add(words("the book"), words("le livre"), {{0, 0}, {1, 1}});
  builder.add(words("a house"), words("maison"), {{1, 0}});
  TextWriter out(folder.path("t"));
  builder.write(out);
  out.commit();
  const std::vector<std::string> lines = read_lines(folder.path("t"));
  CHECK(builder.size() == static_cast<int64_t>(lines.size()));
  const std::vector<std::string> wanted{
      "a house ||| maison ||| 0.25 1 1 1 ||| 1-0 ||| 4 1 1",
      "book ||| livre ||| 1 1 1 1 ||| 0-0 ||| 1 1 1",
      "house ||| maison ||| 0.75 1 1 1 ||| 0-0 ||| 4 3 3",
      "the ||| la ||| 1 1 0.666667 0.666667 ||| 0-0 ||| 2 3 2",
      "the ||| le ||| 1 1 0.333333 0.333333 ||| 0-0 ||| 1 3 1",
      "the book ||| le livre ||| 1 1 1 0.333333 ||| 0-0 1-1 ||| 1 1 1",
      "the house ||| la maison ||| 1 1 1 0.666667 ||| 0-0 1-1 ||| 2 2 2",
  };
  for (const std::string& line : wanted) CHECK_MESSAGE(std::count(lines.begin(), lines.end(), line) == 1, line);
}

TEST_CASE("word aligner: EM finds a hidden lexicon and order, and its likelihood rises") {
  // Source word w is target word w + 1, adjectives (even) and nouns (odd) swap places; "9" is said for nothing.
  std::mt19937 random(3);
  EncodedCorpus pairs;
  std::vector<Links> truth;
  for (int n = 0; n < 400; ++n) {
    std::vector<int32_t> source, target;
    Links links;
    for (auto k = 1 + random() % 3; k > 0; --k) {
      const auto at = static_cast<int32_t>(source.size()), to = static_cast<int32_t>(target.size());
      const auto adjective = static_cast<int32_t>(2 * (random() % 4)),
                 noun = static_cast<int32_t>(2 * (random() % 4) + 1);
      source.insert(source.end(), {adjective, noun});
      const bool article = random() % 2 == 0;
      if (article) target.push_back(9);
      target.insert(target.end(), {noun + 1, adjective + 1});
      links.insert(links.end(), {{at, to + article + 1}, {at + 1, to + article}});
    }
    std::sort(links.begin(), links.end());
    pairs.source.push_back(source);
    pairs.target.push_back(target);
    truth.push_back(links);
  }
  pairs.source.push_back({});  // a side may be empty
  pairs.target.push_back({1});
  double last = INFINITY;
  std::string stage;
  AlignerOptions options;
  options.symmetrisation = Symmetrisation::intersection;
  const std::vector<Links> links = align_words(pairs, options, [&](const std::string& name, double nats) {
    const std::string here = name.substr(0, name.rfind(' '));
    if (here == stage) CHECK_MESSAGE(nats <= last + 1e-3, name);
    stage = here;
    last = nats;
  });
  size_t right = 0, all = 0;
  for (size_t n = 0; n < truth.size(); ++n) {
    all += truth[n].size();
    for (const Link& link : links[n]) right += std::binary_search(truth[n].begin(), truth[n].end(), link);
  }
  CHECK(right * 100 >= all * 95);
  CHECK(links.back().empty());
  CHECK(align_words(pairs, options) == links);
}

TEST_CASE("phrase extraction: a pair of 200,000 words costs what its words cost") {
  Links diagonal, none_but_ends;
  for (int32_t i = 0; i < 200'000; ++i) diagonal.push_back({i, i});
  CHECK(consistent_phrases(200'000, 200'000, diagonal, 7).size() == 200'000 * 7 - 21);
  none_but_ends = {{0, 0}, {199'999, 199'999}};
  CHECK(consistent_phrases(200'000, 200'000, none_but_ends, 7).size() == 2 * 7 * 7);
  const Links crossed = {{0, 199'999}, {1, 0}};
  CHECK(consistent_phrases(2, 200'000, crossed, 7).size() == 7 + 7);
}
