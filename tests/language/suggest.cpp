#include "language/suggest.h"

#include <cmath>
#include <map>

#include "data/text/sentencepiece.h"
#include "ops/math/softmax.h"
#include "tests/language/small_model.h"

using namespace grus;
using namespace grus::language;
using test::codec_of;
using test::opinionated;

namespace {

std::vector<std::string> words_of(const std::vector<Suggestion>& all) {
  std::vector<std::string> words;
  for (const Suggestion& one : all) words.push_back(one.word);
  return words;
}

double probability(Cursor cursor, const std::vector<int32_t>& ids) { return std::exp(-cursor.read(ids)); }

}  // namespace

TEST_CASE("suggest: of words, the likeliest that begin with what is typed, no punctuation, with their probability") {
  const data::Codec codec = codec_of("space", {"the", "cat", ",", "thing", "then", "42"});
  const nn::LanguageModel model = opinionated(codec.size());
  const Suggester suggester(codec);
  Cursor cursor(model);
  const std::vector<float> p = softmax(cursor.scores()).to_vector<float>();
  std::vector<std::pair<float, std::string>> order;
  for (const int id : {4, 5, 7, 8, 9}) order.push_back({-p[static_cast<size_t>(id)], codec.vocab().piece(id)});
  std::sort(order.begin(), order.end());
  const std::vector<Suggestion> all = suggester(cursor, "", true, 9);
  REQUIRE(all.size() == 5);
  for (size_t i = 0; i < all.size(); ++i) {
    CHECK(all[i].word == order[i].second);
    CHECK(all[i].probability == doctest::Approx(-order[i].first));
  }
  CHECK(suggester(cursor, "", true, 3).size() == 3);
  for (const Suggestion& one : suggester(cursor, "th", true, 9)) CHECK(one.word.starts_with("th"));
  CHECK(suggester(cursor, "th", true, 9).size() == 3);
  CHECK(suggester(cursor, "x", true).empty());
}

TEST_CASE("suggest: a line's last word is completed, and behind a space comes the next") {
  const data::Codec codec = codec_of("space", {"the", "cat", "thing"});
  const nn::LanguageModel model = opinionated(codec.size());
  const Suggester suggester(codec);
  Cursor behind(model);
  behind.read(std::vector<int32_t>{5});
  CHECK(words_of(suggester.of_line(Cursor(model), "cat th", false)) == words_of(suggester(behind, "th", false)));
  CHECK(words_of(suggester.of_line(Cursor(model), "cat ", false)) == words_of(suggester(behind, "", false)));
  CHECK(suggester.of_line(Cursor(model), "", false).size() == 3);
  CHECK_THROWS_AS(suggester.of_line(Cursor(model), "dog ", false), UsageError);
  CHECK(suggester.of_line(Cursor(model), "dog ", true).size() == 3);
}

TEST_CASE("suggest: a beam spells out of characters the words that a search of all finds") {
  const data::Codec codec = codec_of("char", {"a", "b", "▁", "."});
  const nn::LanguageModel model = opinionated(codec.size());
  for (const bool begins : {true, false}) {
    Cursor here(model);
    here.read(begins ? std::vector<int32_t>{4, 3} : std::vector<int32_t>{4, 4});
    std::map<double, std::string, std::greater<>> all;
    std::vector<std::pair<std::string, std::vector<int32_t>>> spelt{{"", {}}};
    if (!begins) spelt[0].second.push_back(6);
    for (size_t i = 0; i < spelt.size() && spelt[i].first.size() <= 7; ++i) {
      const auto [word, ids] = spelt[i];
      double end = 0;
      for (const int32_t last : {3, 6, 7}) {
        std::vector<int32_t> with = ids;
        with.push_back(last);
        end += probability(here, with);
      }
      const double first = begins ? 1 : probability(here, {6});
      if (!word.empty()) all[end / first] = word;
      for (const int32_t letter : {4, 5}) {
        spelt.push_back({word + (letter == 4 ? "a" : "b"), ids});
        spelt.back().second.push_back(letter);
      }
    }
    const std::vector<Suggestion> found = Suggester(codec, 64)(here, "", begins, 3);
    REQUIRE(found.size() == 3);
    auto best = all.begin();
    for (const Suggestion& one : found) {
      CHECK(one.word == best->second);
      CHECK(one.probability == doctest::Approx(best++->first).epsilon(1e-4));
    }
    for (const Suggestion& one : Suggester(codec, 64)(here, "ba", begins, 3)) CHECK(one.word.starts_with("ba"));
  }
  CHECK(test::message_of([&] { Suggester(codec, 0); }) == "[suggest] need a beam of at least 1, got 0");
}

TEST_CASE("suggest: pieces of words are joined to whole words, whatever the place in the line") {
  if (!data::sentencepiece_available()) return;
  const std::vector<std::string> text{"the cat sat on the mat", "the dog ran", "a cat ran to the mat, and sat"};
  const data::Codec codec = data::Codec::learn({text}, {.kind = "bpe", .size = 40});
  const nn::LanguageModel model = opinionated(codec.size());
  const Suggester suggester(codec);
  for (const char* line : {"", "the ", "the ca", "c", "a cat r"}) {
    const std::vector<Suggestion> found = suggester.of_line(Cursor(model), line, false);
    CHECK(found.size() == 3);
    for (size_t i = 1; i < found.size(); ++i) CHECK(found[i].word != found[i - 1].word);
    const std::string typed = line[0] != 0 && std::string(line).back() != ' ' ? suggester.words(line).back() : "";
    for (const Suggestion& one : found) {
      CHECK(one.word.starts_with(typed));
      CHECK(one.word.find("▁") == std::string::npos);
      CHECK(one.probability > 0);
    }
  }
  Cursor whole(model), pieces(model);
  suggester.read_word(whole, "the", true, false);
  suggester.read_word(whole, "mat,", false, false);
  pieces.read(codec.encode("the mat,"));
  CHECK(test::gap(whole.scores(), pieces.scores()) < 1e-4);
}
