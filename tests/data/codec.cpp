#include "data/text/codec.h"

#include <doctest/doctest.h>

#include "core/base/error.h"
#include "data/text/sentencepiece.h"
#include "tests/data/files.h"

using namespace grus;
using namespace grus::data;
using test::Folder;
using test::message_of;

namespace {
const std::vector<std::string> lines = {"the old crane stands in the water", "two cranes dance in the rain",
                                        "a crane eats a small fish"};
}

TEST_CASE("codec: every kind gives known lines back") {
  for (const std::string& kind : tokenizer_kinds()) {
    CAPTURE(kind);
    const Codec codec = Codec::learn({lines}, {.kind = kind, .size = 60});
    CHECK(codec.vocab().piece(EOS) == "<eos>");
    for (const std::string& line : lines) {
      const std::vector<int32_t> ids = codec.encode(line);
      CHECK(codec.decode(ids) == line);
      for (const int32_t id : ids) CHECK(id >= special_count);
    }
  }
}

TEST_CASE("codec: what training did not see is unknown and reads <unk>") {
  const Codec codec = Codec::learn({lines}, {.kind = "space"});
  CHECK(codec.encode("the owl") == std::vector<int32_t>{codec.vocab().id("the"), UNK});
  CHECK(codec.decode(codec.encode("the owl")) == "the <unk>");
  for (const std::string& kind : tokenizer_kinds()) {
    const Codec other = Codec::learn({lines}, {.kind = kind, .size = 60});
    const auto ids = other.encode("\u6F22");
    CAPTURE(kind);
    CHECK(std::find(ids.begin(), ids.end(), UNK) != ids.end());
    CHECK(other.decode(ids).find("<unk>") != std::string::npos);
  }
}

TEST_CASE("codec: decoding ends at the end of the sentence and leaves padding out") {
  const Codec codec = Codec::learn({lines}, {.kind = "space"});
  const int32_t the = codec.vocab().id("the");
  CHECK(codec.decode({SOS, the, PAD, the, EOS, the}) == "the the");
  CHECK(codec.decode({EOS}).empty());
  CHECK_THROWS_AS(codec.decode({10000}), UsageError);
}

TEST_CASE("codec: a text that spells a special stays text") {
  for (const std::string& kind : tokenizer_kinds())
    for (const int32_t id : Codec::learn({lines}, {.kind = kind, .size = 60}).encode("the <eos> <pad> </s>")) {
      CAPTURE(kind);
      CHECK((id == UNK || id >= special_count));
    }
}

TEST_CASE("codec: saved and loaded it does the same") {
  const Folder folder;
  for (const std::string& kind : tokenizer_kinds()) {
    const Codec codec = Codec::learn({lines}, {.kind = kind, .size = 60});
    codec.save(folder.path(kind));
    const Codec again = Codec::load(kind, folder.path(kind));
    CHECK(again.vocab() == codec.vocab());
    CHECK(again.tokenizer().kind() == kind);
    for (const std::string& line : lines) CHECK(again.encode(line) == codec.encode(line));
  }
}

TEST_CASE("codec: given symbols are all that there is, and each is one piece of the tokenizer") {
  const Folder folder;
  const std::string phones = folder.file("phones", "AA\nB\n");
  const Codec codec = Codec::of_symbols("space", phones);
  CHECK(codec.encode("B AA CH") == std::vector<int32_t>{5, 4, UNK});
  CHECK(codec.decode({4, 5}) == "AA B");
  CHECK(message_of<DataError>([&] { Codec::of_symbols("char", phones); }) ==
        phones + ": need symbols that are one piece of the tokenizer char each, got 'AA'");
  CHECK(message_of<DataError>([&] { Codec::of_symbols("space", folder.file("two", "A B\n")); }) ==
        folder.path("two") + ": need symbols that are one piece of the tokenizer space each, got 'A B'");
  CHECK(message_of<UsageError>([&] { Codec::of_symbols("bpe", phones); }) ==
        phones + ": need a size for bpe, which learns its pieces, got symbols");
}

TEST_CASE("codec: an extended one keeps its ids, and has the new pieces behind them") {
  const std::vector<std::string> first{"a b b"}, more{"c d c b", "d c e"};
  const Codec codec = Codec::learn({first}, {.kind = "space", .size = 0});
  const Codec all = codec.extended({more}, 2);
  CHECK(all.size() == codec.size() + 2);  // "e" is rare
  for (int64_t id = 0; id < codec.size(); ++id) {
    CHECK(all.vocab().piece(id) == codec.vocab().piece(id));
    CHECK(all.vocab().count(id) == codec.vocab().count(id));
  }
  CHECK(all.encode("b c d e") == std::vector<int32_t>{4, 6, 7, UNK});
  CHECK(codec.extended({first}).vocab() == codec.vocab());
  if (!sentencepiece_available()) return;
  CHECK(message_of<UsageError>([] { Codec::learn({lines}, {.kind = "bpe", .size = 60}).extended({lines}); }) ==
        "[codec] need a tokenizer whose pieces are not fixed to extend them, got bpe");
}

TEST_CASE("codec: files that do not belong together, are cut or missing are errors") {
  if (!sentencepiece_available()) return;
  const Folder folder;
  Codec::learn({lines}, {.kind = "bpe", .size = 60}).save(folder.path("a"));
  Codec::learn({lines}, {.kind = "bpe", .size = 50}).save(folder.path("b"));
  const std::string a = folder.path("a");
  folder.file("a.model", test::bytes_of(folder.path("b.model")));
  CHECK(message_of<DataError>([&] { Codec::load("bpe", a); }) ==
        a + ".vocab: need the 50 pieces of " + a + ".model, got 60 others");
  folder.file("b.model", test::bytes_of(folder.path("b.model")).substr(0, 100));
  CHECK_THROWS_AS(Codec::load("bpe", folder.path("b")), DataError);
  CHECK_THROWS_AS(Codec::load("bpe", folder.path("none")), DataError);
  CHECK_THROWS_AS(Codec::load("wrod", a), UsageError);
}
