#include "seq2seq/shortlist.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

#include "seq2seq/search.h"
#include "tests/seq2seq/small.h"
#include "tests/support/folder.h"

using namespace grus;
using namespace grus::seq2seq;

namespace {

constexpr VocabSizes sizes{20, 20};

// Word w of the source stands for word w + 1 of the target.
data::EncodedCorpus shifted_corpus() {
  data::EncodedCorpus pairs = test::small_corpus(60);
  pairs.target = pairs.source;
  for (auto& sentence : pairs.target)
    for (int32_t& word : sentence) word = 4 + (word - 3) % 16;
  return pairs;
}

void check_same(const std::vector<std::vector<Hypothesis>>& a, const std::vector<std::vector<Hypothesis>>& b) {
  REQUIRE(a.size() == b.size());
  for (size_t n = 0; n < a.size(); ++n) {
    REQUIRE(a[n].size() == b[n].size());
    for (size_t k = 0; k < a[n].size(); ++k) {
      CHECK(a[n][k].ids == b[n][k].ids);
      CHECK(a[n][k].score == b[n][k].score);
      CHECK(a[n][k].weights == b[n][k].weights);
    }
  }
}

}  // namespace

TEST_CASE("shortlist: a word's likeliest translation is the one that it is aligned with") {
  const Shortlist list = Shortlist::learn(shifted_corpus(), sizes, {.best = 1, .frequent = 0});
  CHECK(list.size() == 16);
  CHECK(list.words(std::vector<int32_t>{4}) == std::vector<int32_t>{0, 1, 2, 3, 5});
  CHECK(list.words(std::vector<int32_t>{19, 4}) == std::vector<int32_t>{0, 1, 2, 3, 4, 5});
  CHECK(list.words(std::vector<int32_t>{data::UNK}) == std::vector<int32_t>{0, 1, 2, 3});
}

TEST_CASE("shortlist: with all words in it a search finds the same, to the bit") {
  const auto model = test::small_model();
  const data::EncodedCorpus pairs = test::small_corpus(60);
  const Shortlist all = Shortlist::learn(pairs, sizes, {.best = 0, .frequent = 16});
  for (const int64_t beam : {1, 4}) {
    const SearchOptions plain{.beam = beam, .n_best = beam, .weights = true};
    SearchOptions listed = plain;
    listed.shortlist = &all;
    check_same(search(*model, pairs.source, listed), search(*model, pairs.source, plain));
  }
}

TEST_CASE("shortlist: a sentence has words of its own list alone, whatever its batch") {
  const auto model = test::small_model();
  const std::vector<std::vector<int32_t>> sources = test::small_corpus(40).source;
  const Shortlist list = Shortlist::learn(shifted_corpus(), sizes, {.best = 1, .frequent = 2});
  const SearchOptions options{.beam = 6, .n_best = 6, .batch_rows = 240, .shortlist = &list};
  const auto together = search(*model, sources, options);
  for (size_t n = 0; n < sources.size(); ++n) {
    const std::vector<int32_t> allowed = list.words(sources[n]);
    const auto alone = search(*model, std::vector<std::vector<int32_t>>{sources[n]}, options);
    REQUIRE(together[n].size() == alone[0].size());
    for (size_t k = 0; k < together[n].size(); ++k) {
      for (const int32_t word : together[n][k].ids) CHECK(std::binary_search(allowed.begin(), allowed.end(), word));
      CHECK(together[n][k].ids == alone[0][k].ids);
      CHECK(together[n][k].score == doctest::Approx(alone[0][k].score).epsilon(1e-5));
      CHECK(std::isfinite(together[n][k].score));
    }
  }
}

TEST_CASE("shortlist: samples and beginnings keep to the list, and a beginning may have any word") {
  const auto model = test::small_model();
  const std::vector<std::vector<int32_t>> sources = {{4, 5}, {9}};
  const Shortlist list = Shortlist::learn(shifted_corpus(), sizes, {.best = 1, .frequent = 0});
  SearchOptions options{.n_best = 20, .shortlist = &list};
  options.sample = CategoricalOptions{};
  const auto drawn = search(*model, sources, options);
  for (const Hypothesis& h : drawn[1])
    for (const int32_t word : h.ids) CHECK(word == 10);
  const std::vector<std::vector<int32_t>> prefixes = {{17}, {18, 19}};
  const SearchOptions begun{.beam = 2, .prefixes = prefixes, .shortlist = &list};
  const auto found = search(*model, sources, begun);
  CHECK(found[0][0].ids.front() == 17);
  CHECK(std::vector<int32_t>(found[1][0].ids.begin(), found[1][0].ids.begin() + 2) == prefixes[1]);
}
