#include "language/keystrokes.h"

#include "tests/language/small_model.h"

using namespace grus;
using namespace grus::language;
using test::codec_of;
using test::opinionated;

TEST_CASE("keystrokes: one key takes a word that is offered, with its space; before that each character is a key") {
  const auto offers = [](std::string_view typed) {
    if (typed.empty()) return std::vector<Suggestion>{{"the"}, {"a"}, {"of"}};
    if (typed == "qu") return std::vector<Suggestion>{{"question"}, {"quite"}, {"queen"}};
    return std::vector<Suggestion>{};
  };
  CHECK(keys_for("the", offers) == 1);
  CHECK(keys_for("queen", offers) == 3);
  CHECK(keys_for("éa", offers) == 3);  // two characters and the space
  CHECK(keys_for("", offers) == 1);
}

TEST_CASE("keystrokes: a text counts its words, and stops behind as many as wanted") {
  const data::Codec codec = codec_of("space", {"the", "cat", "sat", "mat"});
  const nn::LanguageModel model = opinionated(codec.size());
  const Suggester suggester(codec);
  const std::vector<std::string> lines{"the cat sat", "the mat"};
  const Keystrokes all = count_keystrokes(Cursor(model), suggester, lines, false, 4);
  CHECK(all.words == 5);
  CHECK(all.characters == 20);
  CHECK(all.keys == 5);  // four suggestions are the whole vocabulary
  CHECK(all.saved() == doctest::Approx(0.75));
  CHECK(count_keystrokes(Cursor(model), suggester, lines, false, 0).saved() == 0);
  const Keystrokes some = count_keystrokes(Cursor(model), suggester, lines, false, 1);
  CHECK(some.keys > 5);
  CHECK(some.keys < 20);
  CHECK(count_keystrokes(Cursor(model), suggester, lines, false, 3, 2).characters == 8);
}

TEST_CASE("keystrokes: punctuation behind a word is typed, and so is the space behind it") {
  const data::Codec codec = codec_of("verbatim", {"a", "b", "▁", ",", "'"});
  const nn::LanguageModel model = opinionated(codec.size());
  const Suggester suggester(codec);
  CHECK(suggester.core_of("ab',") == "ab");
  CHECK(suggester.core_of("b'a") == "b'a");
  CHECK(suggester.core_of(",,").empty());
  Cursor start(model);
  const std::string best = suggester(start, "", true, 1)[0].word;
  const auto length = static_cast<int64_t>(best.size());
  const Keystrokes plain = count_keystrokes(start, suggester, std::vector{best}, false);
  CHECK(plain.keys == 1);
  CHECK(plain.characters == length + 1);
  const Keystrokes comma = count_keystrokes(start, suggester, std::vector{best + ",,"}, false);
  CHECK(comma.keys == 4);  // the word, two signs, the line's end
  CHECK(comma.characters == length + 3);
  CHECK(count_keystrokes(start, suggester, std::vector{best + ","}, false, 0).saved() == 0);
  CHECK(count_keystrokes(start, suggester, std::vector<std::string>{",,"}, false).keys == 3);
}
