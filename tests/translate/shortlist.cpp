// `translate shortlist`, and the commands that read its file.
#include <doctest/doctest.h>

#include <string>

#include "tests/support/program.h"

using namespace grus;
using grus::test::check_error;
using Result = grus::test::ProgramResult;

namespace {

struct ListedModel {
  grus::test::Folder folder;
  std::string pairs = folder.file("pairs.tsv", "a b\tA B\nc\tC\nb a\tB A\na c\tA C\n"),
              source = folder.file("source", "a b\nc\n"), path = folder.path("m"), use = " --model " + path + " ";
  Result trained = run("train --train " + pairs + " --valid " + pairs +
                       " --tokenizer space --tie output --emb 8 --hidden 8 --warmup 1 --epochs 1 --out " + path);
  Result run(const std::string& arguments) const { return grus::test::run_program(folder, "TRANSLATE", arguments); }
};

}  // namespace

TEST_CASE("shortlist: its file has the aligned words, and run and eval say nothing else") {
  const ListedModel m;
  const std::string list = m.folder.path("list");
  const Result made = m.run("shortlist" + m.use + "--train " + m.pairs + " --best 1 --frequent 0 --out " + list);
  CHECK(made.code == 0);
  const std::string lines = grus::test::bytes_of(list);
  for (const std::string line : {"a\tA\t", "b\tB\t", "c\tC\t"})
    CHECK_MESSAGE(lines.find(line) != std::string::npos, lines);
  const Result said = m.run("run --beam 2 --shortlist " + list + m.use + "<" + m.folder.file("one", "c\n"));
  CHECK(said.code == 0);
  CHECK(said.out.find_first_not_of("C \n") == std::string::npos);
  const std::string all = m.folder.path("all"), run = "run --n-best 3" + m.use;
  CHECK(m.run("shortlist" + m.use + "--train " + m.pairs + " --out " + all).code == 0);
  CHECK(m.run(run + "--shortlist " + all + " <" + m.source).out == m.run(run + "<" + m.source).out);
  const std::string target = m.folder.file("target", "A B\nC\n");
  CHECK(m.run("eval --shortlist " + list + m.use + "--src " + m.source + " --ref " + target).code == 0);
}

TEST_CASE("shortlist: a bad file is one sentence with file and line") {
  const ListedModel m;
  const auto refused = [&](const std::string& text, const std::string& what) {
    const std::string file = m.folder.file("bad", text);
    check_error(m.run("run --shortlist " + file + m.use + "<" + m.source), 1, what);
  };
  refused("a\tA\t0.5\na A 0.5\n", "bad:2: need SOURCE<TAB>TARGET<TAB>PROBABILITY, got 'a A 0.5'");
  refused("a\tA\t0.5\tx\n", "bad:1: need SOURCE<TAB>TARGET<TAB>PROBABILITY");
  refused("a\tA\t1.5\n", "bad:1: need a probability above 0, 1 at most, got '1.5'");
  refused("a\tA\tnan\n", "bad:1: need a probability");
  refused("a\tZ\t0.5\n", "bad:1: need pieces of the model's vocabulary, got 'Z'");
  refused("z\tA\t0.5\n", "bad:1: need pieces of the model's vocabulary, got 'z'");
  refused("\xff\tA\t0.5\n", "bad:1: invalid UTF-8 at byte 1");
  refused("", "bad: need lines SOURCE<TAB>TARGET<TAB>PROBABILITY, got none");
  check_error(m.run("run --shortlist " + m.folder.path("none") + m.use + "<" + m.source), 1, "none");
  check_error(m.run("shortlist" + m.use + "--out x"), 2, "--train: need one file of pairs");
  check_error(m.run("shortlist" + m.use + "--train " + m.pairs + " --max-length 1 --out " + m.folder.path("x") +
                    " --train " + m.folder.file("long", "a b\tA B\n")),
              2, "--train");
  check_error(m.run("shortlist" + m.use + "--max-length 1 --out x --train " + m.folder.file("long", "a b\tA B\n")), 1,
              "long: need pairs of at most 1 pieces, got none");
}
