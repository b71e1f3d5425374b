#include "data/pairs/corpus.h"

#include <doctest/doctest.h>

#include "core/base/error.h"
#include "tests/data/files.h"

using namespace grus;
using namespace grus::data;
using test::Folder;
using test::message_of;

TEST_CASE("corpus: two files, one of them packed, pair line by line") {
  const Folder folder;
  const ParallelCorpus corpus = read_parallel(folder.file("s", "a\nb\n"), test::gzip(folder, "t", "x\r\ny"));
  CHECK(corpus.source == std::vector<std::string>{"a", "b"});
  CHECK(corpus.target == std::vector<std::string>{"x", "y"});
  CHECK(corpus.size() == 2);
}

TEST_CASE("corpus: differing line counts name both files and both counts") {
  const Folder folder;
  const std::string s = folder.file("s", "a\nb\n"), t = folder.file("t", "x\n\n\n");
  CHECK(message_of<DataError>([&] { read_parallel(s, t); }) ==
        "[corpus] need as many lines in both files, got 2 in " + s + " and 3 in " + t);
}

TEST_CASE("corpus: blank lines and empty files are errors that say where") {
  const Folder folder;
  const std::string s = folder.file("s", "a\nb\n"), t = folder.file("t", "x\n \t\n"), none = folder.file("none", "");
  CHECK(message_of<DataError>([&] { read_parallel(s, t); }) == t + ":2: need a sentence, got a blank line");
  CHECK(message_of<DataError>([&] { read_parallel(none, none); }) ==
        "[corpus] need sentence pairs, got empty files: " + none + " and " + none);
  CHECK(message_of<DataError>([&] { read_tsv(none); }) == "[corpus] need sentence pairs, got an empty file: " + none);
}

TEST_CASE("corpus: a TSV gives its first two columns") {
  const Folder folder;
  const ParallelCorpus corpus = read_tsv(test::gzip(folder, "p.tsv", "Go.\tVa\u202F!\tCC-BY\nHi.\tSalut.\t\n"));
  CHECK(corpus.source == std::vector<std::string>{"Go.", "Hi."});
  CHECK(corpus.target == std::vector<std::string>{"Va\u202F!", "Salut."});
}

TEST_CASE("corpus: a TSV line without a tab or with an empty side is named") {
  const Folder folder;
  const std::string a = folder.file("a", "a\tb\nab\n"), b = folder.file("b", "a\tb\n \tb\n"),
                    c = folder.file("c", "a\t");
  CHECK(message_of<DataError>([&] { read_tsv(a); }) == a + ":2: need SOURCE<TAB>TARGET, got no tab");
  CHECK(message_of<DataError>([&] { read_tsv(b); }) == b + ":2: need text in column 1, got none");
  CHECK(message_of<DataError>([&] { read_tsv(c); }) == c + ":1: need text in column 2, got none");
}

TEST_CASE("corpus: references come as columns, as many as a line has, or as files") {
  const Folder folder;
  const std::string tsv = folder.file("r.tsv", "a\tx\ty\nb\tz\n"), s = folder.file("s", "a\nb\n");
  const ReferenceCorpus columns = read_references_tsv(tsv);
  CHECK(columns.references == std::vector<std::vector<std::string>>{{"x", "y"}, {"z"}});
  const ReferenceCorpus files = read_references(s, {folder.file("1", "x\nz\n"), folder.file("2", "y\nw\n")});
  CHECK(files.references == std::vector<std::vector<std::string>>{{"x", "y"}, {"z", "w"}});
  CHECK(files.source == columns.source);
  CHECK_THROWS_AS(read_references(s, {}), UsageError);
  CHECK_THROWS_AS(read_references(s, {folder.file("3", "x\n")}), DataError);
}

TEST_CASE("corpus: of a text with blank lines the lines are counted, not held") {
  const Folder folder;
  const std::string blanks = test::gzip(folder, "blanks", std::string(1'000'000, '\n')),
                    one = folder.file("one", "a\n");
  CHECK(message_of<DataError>([&] { read_parallel(blanks, one); }) ==
        "[corpus] need as many lines in both files, got 1000000 in " + blanks + " and 1 in " + one);
  CHECK(message_of<DataError>([&] { read_parallel(blanks, blanks); }) ==
        blanks + ":1: need a sentence, got a blank line");
  const std::string open = folder.file("open", "a\n\nb\nc");
  CHECK(message_of<DataError>([&] { read_parallel(one, open); }).find("and 4 in " + open) != std::string::npos);
  const std::string mark = folder.file("mark", "\xEF\xBB\xBF");
  CHECK(message_of<DataError>([&] { read_parallel(mark, mark); }).find("got empty files") != std::string::npos);
  CHECK(message_of<DataError>([&] { read_tsv(mark); }).find("got an empty file") != std::string::npos);
}

TEST_CASE("corpus: a line that a small packed file makes huge is refused before it is held") {
  const Folder folder;
  const std::string bomb = test::gzip(folder, "bomb", "a\tb\n" + std::string(70'000'000, 'a'));
  CHECK(message_of<DataError>([&] { read_tsv(bomb); }) == bomb + ":2: need lines of at most 64 MB, got a longer one");
}
