#include "data/pairs/phrase_table.h"

#include <doctest/doctest.h>

#include "core/base/error.h"
#include "data/read/text.h"
#include "data/read/text_writer.h"
#include "tests/data/files.h"

using namespace grus;
using namespace grus::data;
using test::Folder;
using test::message_of;

namespace {

PhraseLine parse(std::string_view line) { return parse_phrase_line(line, "t", 7); }
std::string refused_line(std::string_view line) {
  return message_of<DataError>([&] { parse(line); });
}

}  // namespace

TEST_CASE("phrase table: a line of Moses comes back as it was, with a score more") {
  PhraseLine line = parse("at the  end ||| à la fin ||| 0.5 1e-05 0.25 0.1 ||| 0-0 1-1 ||| 4 2 1");
  CHECK(line.source == "at the end");
  CHECK(line.target == "à la fin");
  CHECK(line.score_values() == std::vector<double>{0.5, 1e-5, 0.25, 0.1});
  CHECK(line.text() == "at the end ||| à la fin ||| 0.5 1e-05 0.25 0.1 ||| 0-0 1-1 ||| 4 2 1");
  line.add_score(-2.5);
  CHECK(line.text() == "at the end ||| à la fin ||| 0.5 1e-05 0.25 0.1 -2.5 ||| 0-0 1-1 ||| 4 2 1");
  PhraseLine bare = parse("a ||| b |||");
  bare.add_score(-1);
  CHECK(bare.text() == "a ||| b ||| -1");
}

TEST_CASE("phrase table: counts and further columns are there when the line has them") {
  CHECK(parse("a ||| b ||| 1 ||| 0-0 ||| 4 2 1").counts() == std::vector<double>{4, 2, 1});
  CHECK(parse("a ||| b ||| 1 ||| 0-0").counts().empty());
  CHECK(parse("a ||| b ||| 1").counts().empty());
  CHECK(parse("a\tb\tc  d\t\te").further_columns() == std::vector<std::string>{"c d", "", "e"});
  CHECK(parse("a\tb").further_columns().empty());
  CHECK(parse("a ||| b ||| 1 ||| x\ty").further_columns().empty());
}

TEST_CASE("phrase table: two columns get one more") {
  PhraseLine line = parse("a  b\tc\tsource: x");
  CHECK(line.columns);
  line.add_score(-0.125);
  CHECK(line.text() == "a b\tc\tsource: x\t-0.125");
}

TEST_CASE("phrase table: a line that is none is named by file and line") {
  CHECK(refused_line("only words") == "t:7: need 'source ||| target ||| scores' or 'source<TAB>target', got neither");
  CHECK(refused_line("") == "t:7: need 'source ||| target ||| scores' or 'source<TAB>target', got neither");
  CHECK(refused_line("a ||| b") == "t:7: need scores after the target phrase, got none");
  CHECK(refused_line(" ||| b ||| 1") == "t:7: need a source phrase, got none");
  CHECK(refused_line("a |||  ||| 1") == "t:7: need a target phrase, got none");
  CHECK(refused_line("a\t \tx") == "t:7: need a target phrase, got none");
  CHECK(refused_line("a ||| b ||| 0.5 x") == "t:7: need numbers as scores, got 'x'");
  CHECK(refused_line("a ||| b ||| nan") == "t:7: need numbers as scores, got 'nan'");
  CHECK(refused_line("a\xff\tb") == "t:7: invalid UTF-8 at byte 2");
}

TEST_CASE("phrase table: bad lines stop the reader, or are counted") {
  const Folder folder;
  const std::string path = test::gzip(folder, "t.gz", "a\tb\nbad\nc ||| d ||| 1\r\n ||| e ||| 1\n");
  PhraseTableReader strict(path);
  CHECK(strict.next()->source == "a");
  CHECK(message_of<DataError>([&] { strict.next(); }).find("t.gz:2: need") != std::string::npos);
  PhraseTableReader lenient(path, true);
  std::string sources;
  while (const auto line = lenient.next()) sources += line->source;
  CHECK(sources == "ac");
  CHECK(lenient.skipped() == 2);
  CHECK(lenient.notice().find("2 of 4 lines skipped; the first: " + path + ":2: need") == 0);
}

TEST_CASE("phrase table: a damaged file is an error even where bad lines are skipped") {
  const Folder folder;
  std::string text;
  for (int i = 0; i < 20000; ++i) text += "a" + std::to_string(i * 79) + "\tb\n";
  const std::string whole = test::bytes_of(test::gzip(folder, "t.gz", text));
  PhraseTableReader reader(folder.file("cut.gz", whole.substr(0, whole.size() / 2)), true);
  CHECK_THROWS_AS(
      [&] {
        while (reader.next()) {
        }
      }(),
      DataError);
}

TEST_CASE("line reader: lines longer than its buffer come whole, with their numbers") {
  const Folder folder;
  const std::string longest(400000, 'x');
  LineReader reader(folder.file("a", "one\n" + longest + "\n\nlast"));
  CHECK(reader.next() == "one");
  CHECK(reader.next() == longest);
  CHECK(reader.next() == "");
  CHECK(reader.next() == "last");
  CHECK(reader.number() == 4);
  CHECK_FALSE(reader.next().has_value());
  CHECK_FALSE(reader.next().has_value());
}

TEST_CASE(
    "text writer: a name with .gz is packed, the same text to the same bytes, and nothing is left without commit") {
  const Folder folder;
  std::string text;
  for (int i = 0; i < 30000; ++i) text += std::to_string(i * int64_t{104729}) + "\n";
  for (const char* name : {"a.gz", "b.gz", "plain"}) {
    TextWriter out(folder.path(name));
    for (size_t at = 0; at < text.size(); at += 1000) out.write(std::string_view(text).substr(at, 1000));
    CHECK_FALSE(std::filesystem::exists(folder.path(name)));
    out.commit();
  }
  CHECK(test::bytes_of(folder.path("plain")) == text);
  CHECK(test::bytes_of(folder.path("a.gz")) == test::bytes_of(folder.path("b.gz")));
  CHECK(test::bytes_of(folder.path("a.gz")).size() < text.size() / 2);
  CHECK(read_lines(folder.path("a.gz")) == read_lines(folder.path("plain")));
  { TextWriter(folder.path("none.gz")).write("x"); }
  CHECK_FALSE(std::filesystem::exists(folder.path("none.gz")));
  CHECK_FALSE(std::filesystem::exists(folder.path("none.gz.tmp")));
}
