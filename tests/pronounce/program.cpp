// The program `pronounce`, as a person meets it, and how it reads dictionaries and counts errors.
#include <doctest/doctest.h>

#include <algorithm>
#include <set>

#include "core/base/error.h"
#include "examples/pronounce/commands.h"
#include "examples/pronounce/pictures.h"
#include "tests/data/files.h"
#include "tests/support/program.h"
#include "tests/support/resumed.h"

using namespace grus;
using namespace grus::tasks::pronounce;
using test::check_error;
using test::message_of;

namespace {

test::ProgramResult program(const test::Folder& folder, const std::string& arguments, const std::string& before = "") {
  return test::run_program(folder, "PRONOUNCE", arguments, before);
}

// Words of two letters, each of which has a phone.
std::string spelled() {
  std::string lines;
  for (char a = 'a'; a <= 'e'; ++a)
    for (char b = 'a'; b <= 'e'; ++b) lines += fmt::format("{}{} {}0 {}H\n", a, b, char(a - 32), char(b - 32));
  return lines;
}

const std::string small = " --emb 8 --hidden 8 --batch 5 --hold-valid 0.2 --hold-test 0.2 --threads 1 --warmup 0 ";

}  // namespace

TEST_CASE("pronounce: a dictionary is read with its variants, without comments, stress and repetitions") {
  const test::Folder folder;
  const std::string file = folder.file("d",
                                       ";;; a comment\nREAD  R EH1 D\nread(2) R IY1 D # past\nread(3) R IY2 D\n"
                                       "\na's EY1 Z\n(b B IY1\n");
  const Dictionary all = read_dictionary(file, false);
  REQUIRE(all.size() == 3);
  CHECK(all[0].word == "read");
  CHECK(all[0].pronunciations == std::vector<std::string>{"R EH D", "R IY D"});
  CHECK(all[1].word == "a's");
  CHECK(all[2].word == "(b");
  CHECK(read_dictionary(file, true)[0].pronunciations == std::vector<std::string>{"R EH1 D", "R IY1 D", "R IY2 D"});
  CHECK(message_of<DataError>([&] { read_dictionary(folder.file("e", "a AH\nword\n"), false); }) ==
        folder.path("e") + ":2: need WORD PHONE PHONE ..., got 'word'");
  CHECK(message_of<DataError>([&] { read_dictionary(folder.file("f", ";;; nothing\n"), false); }) ==
        folder.path("f") + ": need words and their phones, got none");
}

TEST_CASE("pronounce: parts are drawn by word and follow from the seed") {
  Dictionary all;
  for (int n = 0; n < 200; ++n) all.push_back({fmt::format("w{}", n), {"A", "B"}, n + 1});
  const Parts parts = split_dictionary(all, 0.1, 0.05, 3);
  CHECK(parts.train.size() == 170);
  CHECK(parts.valid.size() == 20);
  CHECK(parts.test.size() == 10);
  std::set<std::string> words;
  for (const Dictionary* part : {&parts.train, &parts.valid, &parts.test})
    for (const Entry& entry : *part) CHECK(words.insert(entry.word).second);
  CHECK(split_dictionary(all, 0.1, 0.05, 3).test.front().word == parts.test.front().word);
  CHECK(pairs_of(parts.test).size() == 20);
}

TEST_CASE("pronounce: a word is right by any pronunciation, and errors are counted against the nearest") {
  const Dictionary dictionary = {
      {"read", {"R EH D", "R IY D"}, 1}, {"tomato", {"T AH M EY T OW", "T AH M AA T"}, 2}, {"a", {"AH"}, 3}};
  const Judgement found = judge(dictionary, {"R IY D", "T AH M AA", "EY"});
  CHECK(found.right == std::vector<bool>{true, false, false});
  CHECK(found.nearest == std::vector<std::string>{"R IY D", "T AH M AA T", "AH"});
  CHECK(found.phone_error() == doctest::Approx(2.0 / 9));  // one left out, one for another, of 3 + 5 + 1 phones
  CHECK(found.word_error() == doctest::Approx(2.0 / 3));
  CHECK(summary(found) == "phone error 22.22 %, word error 66.67 % of 3 words");
}

TEST_CASE("pronounce: a model trains, is judged, says words, and several say them together") {
  const test::Folder folder;
  const std::string words = folder.file("words", spelled()), out = folder.path("m"), page = folder.path("p.html"),
                    phones = folder.file("phones", "A\nB\nC\nD\nE\nAH\nBH\nCH\nDH\nEH\nZH\n");
  for (const char* seed : {"1", "2"}) {
    const auto trained = program(folder, "train --dictionary " + words + small + "--phones " + phones + " --seed " +
                                             seed + " --epochs 2 --out " + out + seed);
    REQUIRE_MESSAGE(trained.code == 0, trained.err);
    CHECK(trained.out.find("15 words, 15 pronunciations to learn from; 5 letters, 11 phones") != std::string::npos);
    CHECK(trained.out.find(" of 5 words; ") != std::string::npos);
  }
  CHECK(test::bytes_of(out + "1/report.html").find("Confused phones") != std::string::npos);
  const std::string both = " --model " + out + "1," + out + "2";
  const auto judged = program(folder, "eval --out " + page + both);
  CHECK_MESSAGE(judged.code == 0, judged.err);
  CHECK(judged.out.find(" of 5 words\n") != std::string::npos);
  CHECK(test::bytes_of(page).find("Mistakes") != std::string::npos);
  CHECK(program(folder, "eval --dictionary " + words + both).out.find(" of 25 words\n") != std::string::npos);
  const auto said = program(folder, "run" + both + " --page " + page, "printf 'Ab\\nedc\\n' |");
  CHECK_MESSAGE(said.code == 0, said.err);
  CHECK(std::count(said.out.begin(), said.out.end(), '\n') == 2);
  CHECK(said.out.starts_with("Ab\t"));
  test::check_packed(folder, "PRONOUNCE", out + "1", "run ab edc");
  const auto card = program(folder, "card --author 'A. Person' --model " + out + "1");
  CHECK_MESSAGE(card.code == 0, card.err);
  const std::string said_of_it = test::bytes_of(out + "1/card.md");
  for (const char* part : {"# Letters to phones", "A. Person", "valid\\_phone\\_error", "| Seed | "})
    CHECK_MESSAGE(said_of_it.find(part) != std::string::npos, said_of_it);
  check_error(program(folder, "card --out c.txt --model " + out + "1"), 2,
              "--out: need a file .md or .html, got c.txt");
  check_error(program(folder, "card --model " + words), 1, "need the folder of a model, got one without config.json");
  CHECK(test::bytes_of(page).find("<b>edc</b>") != std::string::npos);
  const auto best = program(folder, "run --n-best 3 --beam 4 ab" + both);
  CHECK(std::count(best.out.begin(), best.out.end(), '\n') == 3);
  CHECK(best.out.starts_with("ab\t1\t0."));
  CHECK(program(folder, "run --n-best 3 --beam 4 --batch 1 ab" + both).out == best.out);
}

TEST_CASE("pronounce: rules of spelling are learnt") {
  const test::Folder folder;
  std::string lines;  // in this language c is S before e and i, else K
  for (const char* a : {"b", "d", "f", "g", ""})
    for (const char* c : {"ca", "ce", "ci", "co"})
      for (const char* e : {"b", "d", "f", "g", ""})
        lines += fmt::format("{}{}{} {} {} {} {}\n", a, c, e, a, c[1] == 'e' || c[1] == 'i' ? "S" : "K", c[1], e);
  const std::string words = folder.file("words", lines), out = folder.path("m");
  const auto trained = program(folder, "train --dictionary " + words + small +
                                           "--hidden 48 --emb 24 --epochs 40 --lr 0.01 --average 0 --out " + out);
  REQUIRE_MESSAGE(trained.code == 0, trained.err);
  CHECK(program(folder, "run bcid bcod --model " + out).out == "bcid\tb S i d\nbcod\tb K o d\n");
  const std::string::size_type at = trained.out.find("word error ");
  CHECK(std::stod(trained.out.substr(at + 11)) <= 20);
}

TEST_CASE("pronounce: a run that is stopped and resumed ends with the weights of one that never stopped") {
  const test::Folder folder;
  TrainOptions o;
  o.dictionary = folder.file("words", spelled());
  o.sizes = {.embedding = 8, .hidden = 8};
  o.hold_valid = o.hold_test = 0.2;
  o.training.batch = 5;
  o.training.epochs = 2;
  test::check_resumed(folder, o, train, {1, 2, 4});
}

TEST_CASE("pronounce: every mistake is one line with its exit code, and leaves the model as it was") {
  const test::Folder folder;
  const std::string words = folder.file("words", spelled()), out = folder.path("m"),
                    made = "train --dictionary " + words + small + "--epochs 1 --out " + out;
  REQUIRE(program(folder, made).code == 0);
  const std::string weights = test::bytes_of(out + "/model.safetensors");
  check_error(program(folder, made), 1, "holds a model already; --resume goes on with its run");
  check_error(program(folder, "train --out " + out), 2, "--dictionary: need a file of words and phones, got none");
  check_error(program(folder, made + " --overwrite --dictionary " + folder.path("none")), 1, "none");
  check_error(program(folder, made + " --overwrite --phones " + folder.file("few", "AH\nBH\n")), 1,
              "few: need all phones of the dictionary, got none of the name 'A'");
  check_error(program(folder, made + " --overwrite --hold-test 0.01"), 1,
              "--hold-valid: need shares that leave a word for each part, got 0.2 and --hold-test 0.01 of 25 words");
  check_error(program(folder, made + " --resume --split-seed 2"), 2, "--split-seed: need 1 as in");
  check_error(program(folder, "train --resume --epochs 2" + small + "--out " + out + " --dictionary " +
                                  folder.file("other", spelled() + "ff F H\n")),
              2, "--dictionary: need ");
  check_error(program(folder, "eval --model " + out + " --dictionary " + folder.file("odd", "az A H\n")), 1,
              "odd:1:2: need letters that the dictionary has, got 'z' in 'az'");
  check_error(program(folder, "run --model " + out + ","), 2, "--model: need DIR or DIR,DIR, got");
  check_error(program(folder, "run --n-best 9 --model " + out), 2, "--n-best: need at most the --beam of 5, got 9");
  const auto half = program(folder, "run --model " + out, "printf 'ab\\naXb\\n' |");
  check_error(half, 1, "standard input:2:2: need letters that the dictionary has, got 'X' in 'aXb'");
  check_error(program(folder, "run --model " + out, "printf 'ab\\n\\n' |"), 1,
              "standard input:2:1: need a word, got a blank line");
  check_error(program(folder, "run --model " + out + " 'a b'"), 1, "word 1:2: need letters");
  CHECK(test::bytes_of(out + "/model.safetensors") == weights);
}
