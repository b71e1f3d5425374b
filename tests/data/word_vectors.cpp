#include "data/text/word_vectors.h"

#include <doctest/doctest.h>

#include "core/base/error.h"
#include "tests/data/files.h"

using namespace grus;
using namespace grus::data;
using test::Folder;
using test::message_of;
using Floats = std::vector<float>;

namespace {

WordVectors vectors_of(std::string_view text, int64_t most = 0) {
  const Folder folder;
  return read_word_vectors(folder.file("a", text), most);
}

std::string refused_vectors(std::string_view text) {
  return test::refused_file<DataError>("a", text, [&](const std::string& path) { read_word_vectors(path); });
}

}  // namespace

TEST_CASE("word vectors: files with a header and without, with tabs and spaces at the ends of lines") {
  for (const char* text : {"2 3\nthe 1 2 3 \ncat -1 0.5 1e-2 \n", "the 1 2 3\r\ncat\t-1 0.5 1e-2",
                           "\xEF\xBB\xBF"
                           "2 3\nthe 1 2 3\ncat -1 0.5 1e-2\n"}) {
    const WordVectors all = vectors_of(text);
    CHECK(all.words == std::vector<std::string>{"the", "cat"});
    CHECK(all.vectors.shape() == Shape{2, 3});
    CHECK(all.vectors.to_vector<float>() == Floats{1, 2, 3, -1, 0.5f, 1e-2f});
  }
  CHECK(vectors_of("2 3\nthe 1 2 3\ncat 1 2 3\n", 1).words == std::vector<std::string>{"the"});
}

TEST_CASE("word vectors: a word may hold spaces, the first of equal words counts, and broken words are left out") {
  const WordVectors all = vectors_of("a 1 2\n. . . 3 4\na 5 6\n\xff\xfe 7 8\nat name@b.c 9 10\n");
  CHECK(all.words == std::vector<std::string>{"a", ". . .", "at name@b.c"});
  CHECK(all.vectors.to_vector<float>() == Floats{1, 2, 3, 4, 9, 10});
  CHECK(all.repeated == 1);
  CHECK(all.unreadable == 1);
}

TEST_CASE("word vectors: rows are in order of a vocabulary's ids, and words without a vector are counted") {
  const Folder folder;
  const std::string path = test::gzip(folder, "a.gz", "<unk> 9 9\ncat 1 2\nbird x y\ncat 5 6\n");
  const Vocab vocab({"dog", "cat"});
  const FoundVectors found = find_word_vectors(path, vocab);
  CHECK(found.vectors.shape() == Shape{6, 2});
  CHECK(found.vectors.to_vector<float>() == Floats{9, 9, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2});
  CHECK(found.found.to_bools() == std::vector<bool>{true, false, false, false, false, true});
  CHECK(found.unknown == 1);
  const std::vector<std::string> words{"cat", "horse", "cat"};
  const FoundVectors few = find_word_vectors(path, words);
  CHECK(few.vectors.to_vector<float>() == Floats{1, 2, 0, 0, 1, 2});
  CHECK(few.unknown == 1);
}

TEST_CASE("word vectors: a line of another width, or with what is no number, is named") {
  CHECK(refused_vectors("a 1 2\nb 1\n") == ":2: need a word and 2 numbers, got 2 fields");
  CHECK(refused_vectors("a 1 2\nb 1 2 3\n") == ":2: need a word and 2 numbers, got 4 fields");
  CHECK(refused_vectors("a 1 2\n\n") == ":2: need a word and 2 numbers, got 0 fields");
  CHECK(refused_vectors("1 3\na 1 2\n") == ":2: need a word and 3 numbers, got 3 fields");
  CHECK(refused_vectors("a 1 2\nb 1 x\n") == ":2: need finite numbers, got 'x'");
  CHECK(refused_vectors("a 1 2\nb 1 inf\n") == ":2: need finite numbers, got 'inf'");
  CHECK(refused_vectors("a 1 1e39\n") == ":1: need finite numbers, got '1e39'");
  CHECK(refused_vectors("3 1\na 1\n") == ":2: need 3 words, as line 1 says, got 1");
  CHECK(refused_vectors("1 1\na 1\nb 2\n") == ":3: need 1 words, as line 1 says, got 2");
  CHECK(refused_vectors("3 0\n") == ":1: need at least one number a word, got 0");
  CHECK(refused_vectors("0 4\n") == ": need words and their numbers, got a header alone");
  CHECK(refused_vectors("1 999999999999\na 1\n") == ":2: need a word and 999999999999 numbers, got 2 fields");
  CHECK(refused_vectors("word\n") == ":1: need a word and its numbers, got one field");
  CHECK(refused_vectors("") == ": need words and their numbers, got an empty file");
  CHECK_THROWS_AS(vectors_of("a 1\n", -1), UsageError);
}
