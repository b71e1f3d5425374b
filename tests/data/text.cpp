#include "data/read/text.h"

#include <doctest/doctest.h>

#include "core/base/error.h"
#include "data/read/byte_reader.h"
#include "tests/data/files.h"

using namespace grus;
using namespace grus::data;
using test::Folder;
using test::message_of;

using Lines = std::vector<std::string>;

TEST_CASE("text: a byte order mark, CRLF and a last line without end are taken as meant") {
  const Folder folder;
  CHECK(read_lines(folder.file("a", "\xEF\xBB\xBFone\r\ntwo\r\n\r\nthree")) == Lines{"one", "two", "", "three"});
  CHECK(read_lines(folder.file("b", "one\ntwo\n")) == Lines{"one", "two"});
  CHECK(read_lines(folder.file("c", "")).empty());
  CHECK(read_lines(folder.file("d", "\xEF\xBB\xBF")).empty());
  CHECK(read_lines(folder.file("e", "\n")) == Lines{""});
}

TEST_CASE("text: only a line feed ends a line") {
  const Folder folder;
  CHECK(read_lines(folder.file("a", "a\u2028b\u0085c\vd\fe\rf\n")).size() == 1);
  CHECK(read_lines(folder.file("b", "a\xEF\xBB\xBF b\n\xEF\xBB\xBF c\n")).back() == "\xEF\xBB\xBF c");
}

TEST_CASE("text: gzip is told by its first bytes, not by its name") {
  const Folder folder;
  CHECK(read_lines(test::gzip(folder, "packed.txt", "one\ntwo\n")) == Lines{"one", "two"});
  CHECK(read_lines(folder.file("plain.gz", "one\ntwo\n")) == Lines{"one", "two"});
  const std::string twice = test::bytes_of(folder.path("packed.txt")) + test::bytes_of(folder.path("packed.txt"));
  CHECK(read_lines(folder.file("twice.gz", twice)).size() == 4);
}

TEST_CASE("text: gzip cut short or damaged is an error, wherever it is cut") {
  const Folder folder;
  std::string text;
  for (int i = 0; i < 5000; ++i) text += std::to_string(i * 7919) + "\n";
  const std::string whole = test::bytes_of(test::gzip(folder, "whole.gz", text));
  for (size_t length = 2; length < whole.size(); length = length * 5 / 4 + 1) {
    const std::string path = folder.file("cut.gz", whole.substr(0, length));
    CAPTURE(length);
    CHECK_THROWS_AS(read_lines(path), DataError);
  }
  for (size_t cut = 1; cut < 9; ++cut)
    CHECK_THROWS_AS(read_lines(folder.file("cut.gz", whole.substr(0, whole.size() - cut))), DataError);
  std::string damaged = whole;
  damaged[whole.size() - 6] ^= 1;  // the checksum
  CHECK(message_of<DataError>([&] { read_lines(folder.file("bad.gz", damaged)); }).find("bad.gz: damaged gzip file") !=
        std::string::npos);
}

TEST_CASE("text: bad UTF-8 is named by file, line and byte") {
  const Folder folder;
  const auto message = [&](std::string_view content) {
    const std::string path = folder.file("bad.txt", content);
    std::string text = message_of<DataError>([&] { read_lines(path); });
    return text.starts_with(path) ? text.substr(path.size()) : text;
  };
  CHECK(message("good\nab\xFFz\n") == ":2: invalid UTF-8 at byte 3");
  CHECK(message("\xC3") == ":1: invalid UTF-8 at byte 1");
  CHECK(message("\xEF\xBB\xBFé\xE9") == ":1: invalid UTF-8 at byte 6");
  CHECK(message("a\xC0\xAF") == ":1: invalid UTF-8 at byte 2");         // overlong
  CHECK(message("\xED\xA0\x80") == ":1: invalid UTF-8 at byte 1");      // surrogate
  CHECK(message("\xF4\x90\x80\x80") == ":1: invalid UTF-8 at byte 1");  // beyond U+10FFFF
  CHECK(message("\U0001F600 \u00E9\u6F22\n") == "nothing thrown");
}

TEST_CASE("text: a missing file and a directory say so") {
  const Folder folder;
  CHECK(message_of<DataError>([&] { read_lines(folder.path("none")); }).ends_with("/none: No such file or directory"));
  CHECK(message_of<DataError>([&] { read_lines(folder.path("")); }).ends_with("need a file, got a directory"));
  CHECK(message_of<DataError>([&] { read_whole_file(folder.path("")); }).ends_with("need a file, got a directory"));
}

TEST_CASE("text: a pipe can be read like a file") { CHECK(read_lines("/dev/null").empty()); }

TEST_CASE("text: only ASCII spaces and tabs separate tokens") {
  CHECK(split_spaces("  a\t b\u00A0c \u202F! ") == std::vector<std::string_view>{"a", "b\u00A0c", "\u202F!"});
  CHECK(split_spaces(" \t ").empty());
  CHECK(collapse_spaces(" a  b\t\tc ") == "a b c");
}

TEST_CASE("text: code points come apart and nothing is lost") {
  CHECK(split_code_points("aé漢\U0001F600") == std::vector<std::string_view>{"a", "é", "漢", "\U0001F600"});
}

TEST_CASE("byte reader: what is left is taken, up to a limit") {
  const Folder folder;
  const std::string path = folder.file("t", "abcdef");
  ByteReader all(path), some(path);
  CHECK(all.take(2, "letters") == "ab");
  CHECK(all.take_rest(4, "letters") == "cdef");
  CHECK(all.take_rest(0, "letters").empty());
  CHECK(message_of<DataError>([&] { (void)some.take_rest(5, "letters"); }) ==
        path + ": need at most 5 bytes of letters, got more");
}
