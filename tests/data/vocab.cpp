#include "data/text/vocab.h"

#include <doctest/doctest.h>

#include "core/base/error.h"
#include "tests/data/files.h"

using namespace grus;
using namespace grus::data;
using test::Folder;
using test::message_of;

namespace {
PieceCounter counted(const std::vector<std::string>& pieces) {
  PieceCounter counter;
  counter.add(pieces);
  return counter;
}
}  // namespace

TEST_CASE("vocab: the specials come first, then pieces by count, the first seen before its equals") {
  const Vocab vocab = counted({"b", "z", "a", "a", "z", "c"}).vocab();
  CHECK(vocab.size() == 8);
  CHECK(vocab.piece(UNK) == "<unk>");
  CHECK(vocab.piece(PAD) == "<pad>");
  CHECK(vocab.piece(SOS) == "<sos>");
  CHECK(vocab.piece(EOS) == "<eos>");
  CHECK(vocab.piece(4) == "z");
  CHECK(vocab.piece(5) == "a");
  CHECK(vocab.piece(6) == "b");
  CHECK(vocab.piece(7) == "c");
  CHECK(vocab.id("c") == 7);
  CHECK(vocab.count(4) == 2);
  CHECK(vocab.id("nowhere") == UNK);
}

TEST_CASE("vocab: rare pieces and those beyond the size are unknown") {
  const auto counter = counted({"a", "a", "a", "b", "b", "c"});
  CHECK(counter.vocab({.min_count = 2}).size() == 6);
  CHECK(counter.vocab({.min_count = 1, .max_size = 5}).id("b") == UNK);
  CHECK(counter.vocab({.min_count = 1, .max_size = 5}).id("a") == 4);
  CHECK_THROWS_AS(counter.vocab({.min_count = 0}), UsageError);
  CHECK_THROWS_AS(counter.vocab({.max_size = 4}), UsageError);
}

TEST_CASE("vocab: text cannot name a special") {
  const Vocab vocab = counted({"<eos>", "<pad>", "a"}).vocab();
  CHECK(vocab.size() == 5);
  CHECK(vocab.id("<eos>") == UNK);
}

TEST_CASE("vocab: an id out of range is an error") {
  CHECK(message_of<UsageError>([] { Vocab().piece(4); }) == "[vocab] need an id below 4, got 4");
  CHECK_THROWS_AS(Vocab().count(-1), UsageError);
}

TEST_CASE("vocab: a file brings back what was saved, odd pieces too") {
  const Folder folder;
  const Vocab vocab = counted({"\t", "a\\n", "\r", "\n", "é", "\u00A0", " ", "\xEF\xBB\xBF", "a\\n"}).vocab();
  vocab.save(folder.path("v"));
  CHECK(Vocab::load(folder.path("v")) == vocab);
  CHECK(Vocab::load(folder.path("v")).piece(4) == "a\\n");
}

TEST_CASE("vocab: a bad file is named with its line") {
  const Folder folder;
  const auto message = [&](std::string_view content) {
    const std::string path = folder.file("v", content);
    return message_of<DataError>([&] { Vocab::load(path); }).substr(path.size());
  };
  CHECK(message("") == ":1: need <unk>, got ''");
  CHECK(message("<unk>\n<pad>\n") == ":3: need <sos>, got ''");
  const std::string specials = "<unk>\t0\n<pad>\t0\n<sos>\t0\n<eos>\t0\n";
  CHECK(message(specials + "a\t1\nb\tx\n") == ":6: need a count after the tab, got 'x'");
  CHECK(message(specials + "a\t1\nb\t1\na\t1\n") == ":7: need different pieces, got 'a' as in line 5");
  CHECK(message(specials + "\t1\n") == ":5: need a piece of text, got ''");
  CHECK(message(specials + "<eos>\t1\n") == ":5: need a piece of text, got '<eos>'");
  CHECK(message(specials + "a\\x\t1\n") == ":5: need \\\\, \\t, \\n or \\r after a backslash, got a\\x");
  CHECK(message(specials + "a\xFF\n") == ":5: invalid UTF-8 at byte 2");
  CHECK_THROWS_AS(Vocab::load(folder.path("none")), DataError);
}

TEST_CASE("vocab: symbols are read from a list, whose tabs end them, or from a vocabulary's own file") {
  const Folder folder;
  const Vocab phones = Vocab::read_symbols(folder.file("phones", "AA\tvowel\nB\tstop\n CH \n"));
  CHECK(phones.size() == 7);
  CHECK(phones.id("AA") == 4);
  CHECK(phones.id("B") == 5);
  CHECK(phones.id("CH") == 6);
  const Vocab learnt = counted({"b", "a", "a"}).vocab();
  learnt.save(folder.path("v"));
  CHECK(Vocab::read_symbols(folder.path("v")) == learnt);
}

TEST_CASE("vocab: a list of symbols that is none is an error with its line") {
  const Folder folder;
  const auto message = [&](const char* text) {
    const std::string file = folder.file("s", text);
    return message_of<DataError>([&] { Vocab::read_symbols(file); }).substr(file.size());
  };
  CHECK(message("") == ": need symbols, one a line, got none");
  CHECK(message("A\n\nB\n") == ":2: need a symbol, got ''");
  CHECK(message("A\n\tvowel\n") == ":2: need a symbol, got ''");
  CHECK(message("A\n<eos>\n") == ":2: need a symbol, got '<eos>'");
  CHECK(message("A\nB\nA\n") == ":3: need different symbols, got 'A' as in line 1");
}
