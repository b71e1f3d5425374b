#include "data/pairs/n_best_list.h"

#include <doctest/doctest.h>

#include "core/base/error.h"
#include "tests/data/files.h"

using namespace grus;
using namespace grus::data;
using test::message_of;

TEST_CASE("n-best list: lines of Moses come back as they were written, without features, too") {
  const test::Folder folder;
  const std::string text = "0 ||| ein hund ||| logp= -1.5 words= 3 ||| -1.250000\n0 |||  |||  ||| 2.000000\n";
  const auto entries = read_n_best(folder.file("l", text + "7 ||| a | b ||| -1e3\n8|||c|||f= 1|||3|||0-0\n"));
  REQUIRE(entries.size() == 4);
  CHECK(entries[0].text == "ein hund");
  CHECK(entries[0].features == "logp= -1.5 words= 3");
  CHECK(entries[0].score == -1.25);
  CHECK(format_n_best(entries[0]) + "\n" + format_n_best(entries[1]) + "\n" == text);
  CHECK(entries[2].sentence == 7);
  CHECK(entries[2].text == "a | b");
  CHECK(entries[2].features.empty());
  CHECK(entries[2].score == -1000);
  CHECK(entries[3].score == 3);
  CHECK(read_n_best(folder.file("none", "")).empty());
}

TEST_CASE("n-best list: what is none is an error with its line") {
  const test::Folder folder;
  const auto message = [&](const char* text) {
    const std::string file = folder.file("l", text);
    return message_of<DataError>([&] { read_n_best(file); }).substr(file.size());
  };
  CHECK(message("0 ||| a\n") == ":1: need ID ||| TEXT ||| FEATURES ||| SCORE, got '0 ||| a'");
  CHECK(message("0 ||| a ||| 1\nx ||| a ||| 1\n") == ":2: need the number of a sentence, from 0, got 'x'");
  CHECK(message("-1 ||| a ||| 1\n") == ":1: need the number of a sentence, from 0, got '-1'");
  CHECK(message("0 ||| a ||| f= 1 ||| nan\n") == ":1: need a score, got 'nan'");
  CHECK(message("0 ||| a ||| f= 1 |||\n") == ":1: need a score, got ''");
  CHECK(message("1 ||| a ||| 1\n0 ||| a ||| 1\n") == ":2: need sentences in order, got 0 behind 1");
}
