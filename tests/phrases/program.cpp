// The program `phrases`, as a person meets it: tables in and out, bad input.
#include <doctest/doctest.h>
#include <fmt/format.h>
#include <sys/wait.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>

#include "data/pairs/phrase_table.h"
#include "data/read/text.h"
#include "tests/data/files.h"
#include "tests/support/program.h"
#include "tests/support/well_formed.h"

using namespace grus;

namespace {

using Result = test::ProgramResult;
using test::check_error;

Result program(const test::Folder& folder, const std::string& arguments, const std::string& before = "") {
  return test::run_program(folder, "PHRASES", arguments, before);
}

int64_t lines_of(const std::string& text) { return std::count(text.begin(), text.end(), '\n'); }

const char* const pairs = "the house\tla maison\nthe book\tle livre\nthe house\tla maison\na book\tun livre\n";

// A model of a few phrases, good for everything but sense.
struct Trained {
  test::Folder folder;
  std::string table = test::gzip(folder, "table.gz",
                                 "the house ||| la maison ||| 1 1 0.75 1 ||| 0-0 1-1 ||| 2 2 2\n"
                                 "the house ||| maison ||| 1 1 0.25 1 ||| 1-0 ||| 1 2 1\n"
                                 "the book ||| le livre ||| 1 1 1 1 ||| 0-0 1-1 ||| 1 1 1\n"
                                 "book ||| livre ||| 1 1 1 1 ||| 0-0 ||| 1 1 1\n");
  std::string valid = folder.file("valid.tsv", "a house\tune maison\tmaison\n"), model = folder.path("m");
  Result result = program(folder, "train --train " + table + " --valid " + valid + " --out " + model +
                                      " --emb 8 --hidden 8 --epochs 1 --warmup 1");
  std::string use(const std::string& command) const { return command + " --model " + model + " "; }
};

}  // namespace

TEST_CASE("phrases: bad usage is one line and exit code 2") {
  const test::Folder folder;
  const std::string file = folder.file("pairs.tsv", pairs);
  check_error(program(folder, ""), 2, "subcommand");
  check_error(program(folder, "extract --out x"), 2, "--pairs: need one file of pairs");
  check_error(program(folder, "extract --pairs " + file), 2, "--out is required");
  check_error(program(folder, "extract --pairs " + file + " --out x --symmetrisation no"), 2, "--symmetrisation");
  check_error(program(folder, "train --train-src a --train-tgt b --out m"), 2, "--train: need a table");
  check_error(program(folder, "score"), 2, "--model is required");
}

TEST_CASE("phrases: extraction with our own alignments finds words and phrases") {
  const test::Folder folder;
  const std::string file = folder.file("pairs.tsv", pairs), out = folder.path("t.gz"), links = folder.path("links");
  const Result result = program(folder, "extract --pairs " + file + " --out " + out + " --alignments-out " + links);
  CHECK_MESSAGE(result.code == 0, result.err);
  CHECK(result.err.find("4 sentence pairs") == 0);
  CHECK(data::read_lines(links).size() == 4);
  std::string all;
  for (const std::string& line : data::read_lines(out)) all += line + "\n";
  CHECK(all.find("the house ||| la maison ||| 1 ") != std::string::npos);
  CHECK(all.find("book ||| livre ||| 1 1 1 1 ||| 0-0 ||| 2 2 2") != std::string::npos);
}

TEST_CASE("phrases: extraction takes alignments of others, and bad ones are named or skipped") {
  const test::Folder folder;
  const std::string source = folder.file("s", "a b\nc\nd\n"), target = folder.file("t", "A B\nC\nD\n");
  const std::string files = "extract --src " + source + " --tgt " + target + " --out - --alignments ";
  const Result good = program(folder, files + folder.file("al", "0-0 1-1\n0-0\n\n"));
  CHECK_MESSAGE(good.code == 0, good.err);
  CHECK(good.out ==
        "a ||| A ||| 1 1 1 1 ||| 0-0 ||| 1 1 1\na b ||| A B ||| 1 1 1 1 ||| 0-0 1-1 ||| 1 1 1\n"
        "b ||| B ||| 1 1 1 1 ||| 0-0 ||| 1 1 1\nc ||| C ||| 1 1 1 1 ||| 0-0 ||| 1 1 1\n");
  const std::string bad = folder.file("bad", "0-0\n0-7\n0-0\n");
  check_error(program(folder, files + bad), 1, "bad:2: need places in sentences of 1 and 1 words, got 0-7");
  const Result skipped = program(folder, files + bad + " --skip-bad");
  CHECK(skipped.code == 0);
  CHECK(skipped.err.find("1 of 3 pairs skipped; the first: ") == 0);
  check_error(program(folder, files + folder.file("short", "0-0\n")), 2, "--alignments: need a line a pair");
  check_error(program(folder, files + folder.file("long", "\n\n\n\n")), 2, "--alignments: need a line a pair");
  const std::string fewer = "extract --src " + source + " --tgt " + folder.file("f", "A\n") + " --skip-bad --out x";
  check_error(program(folder, fewer), 1, "need as many lines in both files");
}

TEST_CASE("phrases: a table trains a model, which scores it, ranks, samples and draws") {
  const Trained t;
  REQUIRE_MESSAGE(t.result.code == 0, t.result.err);
  CHECK(t.result.out.find("4 pairs") == 0);  // distinct ones
  const std::string scored = t.folder.path("scored.gz");
  CHECK(program(t.folder, t.use("score") + "--table " + t.table + " --out " + scored).code == 0);
  const auto before = data::read_lines(t.table), after = data::read_lines(scored);
  REQUIRE(after.size() == before.size());
  for (size_t n = 0; n < after.size(); ++n) {
    const data::PhraseLine old = data::parse_phrase_line(before[n], "t", 1),
                           line = data::parse_phrase_line(after[n], "t", 1);
    CHECK(line.source + line.target + line.rest == old.source + old.target + old.rest);
    REQUIRE(line.score_values().size() == 5);
    CHECK(line.score_values()[4] < 0);
  }
  const Result columns = program(t.folder, t.use("score") + "--probability", "printf 'the book\\tle livre\\tx\\n' |");
  CHECK(columns.out.find("the book\tle livre\tx\t0.") == 0);

  const Result ranked = program(t.folder, t.use("rank") + "--lines --table " + scored + " 'the house'");
  CHECK(lines_of(ranked.out) == 2);
  CHECK(ranked.out.find("the house ||| ") == 0);
  const Result table = program(t.folder, t.use("rank") + "--table " + scored, "echo 'the  house' |");
  CHECK(table.out.find("the house  (2 targets)") == 0);
  CHECK(table.out.find("1  la maison") != std::string::npos);  // by the table
  CHECK(program(t.folder, t.use("rank") + "--table " + scored + " none").err.find("no line has this source phrase") !=
        std::string::npos);

  const std::string twice = t.use("sample") + "--count 30 --best 4 --seed 7 'the house' book";
  const Result sampled = program(t.folder, twice);
  CHECK(sampled.code == 0);
  CHECK(sampled.out.find("the house ||| ") == 0);
  CHECK(lines_of(sampled.out) == 8);
  CHECK(program(t.folder, twice).out == sampled.out);

  const std::string page = t.folder.path("maps.html");
  for (const char* method : {"tsne", "pca"})
    CHECK(program(t.folder, t.use("draw") + "--method " + method + " --table " + t.table + " --out " + page).code == 0);
  CHECK(test::bytes_of(page).find("<h2>Phrases</h2>") != std::string::npos);

  const std::string lines = t.folder.file("lines", "the house .\nthe book\n\nthe house .\nthe\n");
  CHECK(program(t.folder, t.use("draw") + "--sentences " + lines + " --out " + page).code == 0);
  const std::string sentences = test::bytes_of(page);
  for (const char* part :
       {"<h2>Sentences</h2>", "<h2>Sentences along two directions</h2>", "the house .", "3 sentences"})
    CHECK(sentences.find(part) != std::string::npos);
  const std::string picture = t.folder.path("map.svg");
  CHECK(program(t.folder, t.use("draw") + "--method pca --sentences " + lines + " --out " + picture).code == 0);
  CHECK(test::not_well_formed(test::bytes_of(picture).substr(test::bytes_of(picture).find("<svg"))) == "");

  const Result judged = program(
      t.folder, t.use("evaluate") + "--among 2 --within 9 --pairs " + t.valid + " --pool " + t.folder.file("p", pairs));
  CHECK_MESSAGE(judged.out.find("of 2 pairs") != std::string::npos, judged.err);
}

TEST_CASE("phrases: the score is the sum of what the model says of the words and the end") {
  // The p over all targets of at most 2 words sum to at most 1, and each is what `score --probability` gives.
  const Trained t;
  const std::vector<std::string> words{"la", "maison", "le", "livre"};
  std::string table;
  for (const std::string& one : words) {
    table += "book\t" + one + "\n";
    for (const std::string& two : words) table += "book\t" + one + " " + two + "\n";
  }
  const Result logs = program(t.folder, t.use("score") + "--table " + t.folder.file("all", table));
  const Result chances = program(t.folder, t.use("score") + "--probability --table " + t.folder.path("all"));
  double sum = 0;
  size_t at = 0, other = 0;
  for (int64_t n = lines_of(table); n > 0; --n) {
    at = logs.out.find('\n', at + 1), other = chances.out.find('\n', other + 1);
    const double log_p = std::stod(logs.out.substr(logs.out.rfind('\t', at) + 1));
    const double p = std::stod(chances.out.substr(chances.out.rfind('\t', other) + 1));
    CHECK(p == doctest::Approx(std::exp(log_p)).epsilon(1e-4));
    sum += p;
  }
  CHECK(sum > 0);
  CHECK(sum < 1);
}

TEST_CASE("phrases: bad lines are named, or skipped and counted; unknown words and empty files are told of") {
  const Trained t;
  const std::string bad = t.folder.file("bad", "book\tlivre\nno tab\n ||| x ||| 1\nthe ||| zzz ||| 1\n");
  const std::string out = t.folder.path("scored");
  check_error(program(t.folder, t.use("score") + "--table " + bad + " --out " + out), 1,
              "bad:2: need 'source ||| target");
  CHECK_FALSE(std::filesystem::exists(out));
  CHECK_FALSE(std::filesystem::exists(out + ".tmp"));
  const Result skipped = program(t.folder, t.use("score") + "--skip-bad --table " + bad);
  CHECK(skipped.code == 0);
  CHECK(lines_of(skipped.out) == 2);
  CHECK(skipped.err.find("2 of 4 lines skipped; the first: " + bad + ":2") != std::string::npos);
  CHECK(skipped.err.find("1 of 2 pairs have words that the model does not know") != std::string::npos);
  const std::string empty = t.folder.file("empty", "");
  CHECK(program(t.folder, t.use("score") + "--table " + empty).code == 0);
  check_error(program(t.folder, "train --train " + empty + " --out " + t.folder.path("n")), 1,
              "empty: need phrase pairs");
  check_error(program(t.folder, "extract --pairs " + empty + " --out x"), 1, "empty: need sentence pairs, got none");
  check_error(program(t.folder, t.use("score") + "--table " + t.folder.path("none")), 1, "none: ");
  check_error(program(t.folder, t.use("sample") + "' '"), 1, "argument:1: need a phrase, got a blank line");
  check_error(
      program(t.folder, t.use("draw") + "--out " + t.folder.path("d") + " --table " + t.folder.file("one", "a\tb\n")),
      1, "need source phrases of two words or more");
  check_error(program(t.folder, "score --model " + t.folder.path("none")), 1, "need the folder of a model");
}

TEST_CASE("phrases: what standard output does not take is an error of every command") {
  const Trained t;
  const std::string pairs_file = t.folder.file("p.tsv", pairs);
  for (const std::string& command :
       {t.use("score") + "--table " + t.table, t.use("rank") + "--table " + t.table + " 'the house'",
        t.use("sample") + "book", t.use("eval") + "--among 2 --within 9 --pairs " + t.valid + " --pool " + t.valid,
        t.use("draw") + "--out " + t.folder.path("d.html"), "extract --out - --pairs " + pairs_file}) {
    CAPTURE(command);
    const auto said = [&](const std::string& to, const std::string& what) {
      const Result result = program(t.folder, command + to);
      CHECK(result.code == 1);
      CHECK_MESSAGE(result.err.find(what) != std::string::npos, result.err);
    };
    said(" >/dev/full", "standard output: No space left on device");
    said(" >&-", "standard output: Bad file descriptor");
  }
  check_error(program(t.folder, t.use("rank") + "--table " + t.table + " <&-"), 1,
              "standard input: Bad file descriptor");
}

TEST_CASE("phrases: what was scored before a bad line is printed") {
  const Trained t;
  const Result result = program(t.folder, t.use("score"), "printf 'book\\tlivre\\nthe\\tle\\nno tab\\n' |");
  check_error(result, 1, "standard input:3: need 'source ||| target");
  CHECK(lines_of(result.out) == 2);
}

TEST_CASE("phrases: no number is NaN, and a flag that is not read is refused") {
  const Trained t;
  check_error(program(t.folder, t.use("sample") + "--temperature nan book"), 2,
              "--temperature: need a number from 0.01");
  check_error(program(t.folder, t.use("draw") + "--perplexity nan --out x"), 2, "--perplexity: need a number from 1");
  check_error(program(t.folder, t.use("draw") + "--method pca --perplexity 5 --out x"), 2,
              "--perplexity: need it with --method tsne");
  check_error(program(t.folder, t.use("draw") + "--phrases 5 --out x"), 2, "--phrases: need --table or --sentences");
  check_error(program(t.folder, t.use("draw") + "--words 5 --sentences y --out x"), 2, "--words");
  check_error(program(t.folder, t.use("draw") + "--out x --sentences " + t.folder.file("blank", "\n \n")), 1,
              "blank: need sentences, got none");
  check_error(program(t.folder, t.use("sample") + "--batch-tokens 5 book"), 2, "--batch-tokens");
  const std::string file = t.folder.file("pairs.tsv", pairs), links = t.folder.file("links", "0-0\n0-0\n0-0\n0-0\n");
  check_error(program(t.folder, "extract --pairs " + file + " --alignments " + links + " --hmm 3 --out x"), 2, "--hmm");
}

TEST_CASE("phrases: a pair of 40,000 words is left out by our aligner, and taken with its alignment") {
  const test::Folder folder;
  std::string side, links;
  for (int i = 0; i < 40000; ++i) side += (i ? " w" : "w") + std::to_string(i % 9), links += fmt::format("{0}-{0} ", i);
  const std::string file = folder.file("pairs.tsv", side + "\t" + side + "\nthe book\tle livre\n"),
                    given = folder.file("links", links + "\n0-0 1-1\n");
  const Result own = program(folder, "extract --pairs " + file + " --out " + folder.path("own"));
  CHECK(own.code == 0);
  CHECK(own.err.find("1 pairs left out: longer than 200 words") != std::string::npos);
  CHECK(own.err.find("1 sentence pairs") != std::string::npos);
  const Result all =
      program(folder, "extract --pairs " + file + " --alignments " + given + " --out " + folder.path("all"));
  CHECK(all.err.find("2 sentence pairs, 66 distinct phrase pairs") == 0);
}

TEST_CASE("phrases: phrases with signs among their words are drawn") {
  const Trained t;
  const std::string page = t.folder.path("maps.html");
  const std::string table = t.folder.file("signs", "the house .\tla maison .\nthe , book\tle livre\nthe .\tle\n");
  CHECK(program(t.folder, t.use("draw") + "--table " + table + " --out " + page).code == 0);
  const std::string drawn = test::bytes_of(page);
  CHECK(drawn.find("the house .") != std::string::npos);
  CHECK(drawn.find("the , book") != std::string::npos);
  CHECK(drawn.find("\"the .\"") == std::string::npos);
}
