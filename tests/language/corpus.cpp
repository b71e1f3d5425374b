#include "language/corpus.h"

#include "tests/language/small_model.h"

using namespace grus;
using namespace grus::language;
using Lines = std::vector<std::string>;

TEST_CASE("hold_out: the last lines go, at most the share of the characters, line ends included") {
  const Lines all{"abc", "dé", "f", ""};  // 4 + 3 + 2 + 1 characters
  const auto cut = [&](double share) {
    Lines kept = all;
    Lines held = hold_out(kept, share);
    CHECK(kept.size() + held.size() == 4);
    return held;
  };
  CHECK(cut(0).empty());
  CHECK(cut(0.1) == Lines{""});
  CHECK(cut(0.29) == Lines{""});
  CHECK(cut(0.3) == Lines{"f", ""});
  CHECK(cut(0.6) == Lines{"dé", "f", ""});
  CHECK(cut(1) == all);
}

TEST_CASE("text_ids: every id of the text is behind another") {
  const data::Codec codec = test::codec_of("char", {"a", "b"});
  CHECK(text_ids(codec, Lines{"ab", "", "b"}) == std::vector<int32_t>{3, 4, 5, 3, 3, 5, 3});
  CHECK(text_ids(codec, {}) == std::vector<int32_t>{3});
}

TEST_CASE("likelihood in streams: one stream is the text as one, several begin each without a past") {
  const nn::LanguageModel model = test::opinionated(7);
  const data::Codec codec = test::codec_of("char", {"a", "b", "▁"});
  Lines lines;
  for (int i = 0; i < 40; ++i) lines.push_back(i % 3 == 0 ? "abba baab abab a" : "b aab abba aa");
  const std::vector<int32_t> ids = text_ids(codec, lines);
  Cursor cursor(model);
  const Likelihood whole = likelihood(cursor, codec, lines), one = likelihood_in_streams(model, ids, 1);
  CHECK(one.tokens == whole.tokens);
  CHECK(one.nats == doctest::Approx(whole.nats).epsilon(1e-5));
  CHECK(likelihood_in_streams(model, ids, 8).tokens == whole.tokens);  // too short for several streams
  for (int i = 0; i < 120; ++i) lines.push_back("abab");
  const std::vector<int32_t> longer = text_ids(codec, lines);
  CHECK(likelihood_in_streams(model, longer, 2).nats != likelihood_in_streams(model, longer, 1).nats);
}
