// Standard streams that are full, closed or not what they should be; bounds; flags that mean nothing.
#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "tests/data/files.h"
#include "tests/translate/program.h"

using namespace grus;
using grus::test::check_error;
using grus::test::program;
using Result = grus::test::ProgramResult;

namespace {

int64_t lines_of(const std::string& text) { return std::count(text.begin(), text.end(), '\n'); }

struct Model {
  grus::test::Folder folder;
  std::string pairs = folder.file("pairs.tsv", "a b\tA B\nc\tC\n"), source = folder.file("source", "a b\nc\n"),
              target = folder.file("target", "A B\nC\n"), path = folder.path("m");
  std::string train = "train --train " + pairs + " --valid " + pairs +
                      " --tokenizer space --emb 8 --hidden 8 --warmup 1 --epochs 1 --out ";
  Result trained = program(folder, train + path);
  std::string use = " --model " + path + " ";
  std::vector<std::string> commands = {
      "run" + use + "<" + source,
      "score" + use + "<" + pairs,
      "eval" + use + "--src " + source + " --ref " + target,
      "attend" + use + "--out " + folder.path("a.svg") + " 'a b'",
      "compare " + path + " --out " + folder.path("c.html") + " --src " + source + " --ref " + target,
      "--version",
      "--help",
      "train --help"};
};

}  // namespace

TEST_CASE("streams: what standard output does not take is an error of every command") {
  const Model m;
  for (const std::string& command : m.commands) {
    CAPTURE(command);
    check_error(program(m.folder, command + " >/dev/full"), 1, "standard output: No space left on device");
    check_error(program(m.folder, command + " >&-"), 1, "standard output: Bad file descriptor");
  }
  const Result trained = program(m.folder, m.train + m.folder.path("full") + " >/dev/full");
  CHECK(trained.code == 1);
  CHECK(grus::test::bytes_of(m.folder.path("full/report.html")).find("<html") != std::string::npos);
}

TEST_CASE("streams: a reader that leaves ends the program, by its signal or, where that is ignored, by an error") {
  const Model m;
  std::string text;
  for (int i = 0; i < 20000; ++i) text += "c\n";
  const std::string run = "run --batch 1" + m.use + "<" + m.folder.file("many", text), code = m.folder.path("code");
  const auto code_with = [&](const std::string& trap) {
    program(m.folder, run + "; echo $? >" + code + "; } | true", "{ " + trap);
    return grus::test::bytes_of(code);
  };
  CHECK(code_with("") == "141\n");
  CHECK(code_with("trap '' PIPE;") == "1\n");
}

TEST_CASE("streams: with --batch 1 a line is answered while the next is not written yet") {
  const Model m;
  const std::string to = m.folder.path("to"), from = m.folder.path("from");
  const Result said = program(m.folder,
                              "run --batch 1" + m.use + "<" + to + " >" + from + " & exec 3>" + to + " 4<" + from +
                                  "; echo c >&3; timeout 20 head -n 1 <&4; exec 3>&-; wait; }",
                              "mkfifo " + to + " " + from + "; {");
  CHECK(lines_of(said.out) == 1);
}

TEST_CASE("streams: a standard error that cannot be written changes nothing") {
  const Model m;
  for (const std::string to : {"2>/dev/full", "2>&-"}) {
    CHECK(program(m.folder, "run --model none <" + m.source + " " + to).code == 1);
    CHECK(program(m.folder, "run --beam 0 " + to).code == 2);
    const std::string pairs = m.folder.file("long.tsv", "a\tA\na b c\tA B C\n");
    CHECK(program(m.folder, "train --overwrite --max-length 2 --train " + pairs + " --valid " + m.pairs + " --out " +
                                m.folder.path("e") + " --tokenizer space --emb 8 --hidden 8 --epochs 1 " + to)
              .code == 0);
  }
}

TEST_CASE("streams: a standard input that cannot be read is an error") {
  const Model m;
  check_error(program(m.folder, "run" + m.use + "<&-"), 1, "standard input: Bad file descriptor");
  check_error(program(m.folder, "run" + m.use + "<" + m.folder.path("")), 1, "standard input: Is a directory");
  check_error(program(m.folder, "score" + m.use + "<&-"), 1, "standard input: Bad file descriptor");
  check_error(program(m.folder, "score" + m.use + "<" + m.folder.path("")), 1, "standard input: Is a directory");
}

TEST_CASE("streams: no file takes the place of a closed stream") {
  const Model m;
  const std::string weights = m.folder.path("weights");
  check_error(program(m.folder, "run" + m.use + "--alignments " + weights + " <" + m.source + " >&-"), 1,
              "standard output");
  CHECK(grus::test::bytes_of(weights).empty());
  CHECK(program(m.folder, "run" + m.use + "--alignments " + weights + " <" + m.source + " 2>&-").code == 0);
  CHECK(lines_of(grus::test::bytes_of(weights)) == 2);
}

TEST_CASE("streams: what comes before a bad line is translated") {
  const Model m;
  std::string text;
  for (int i = 0; i < 500; ++i) text += i % 2 ? "a b\n" : "c\n";
  const Result bad = program(m.folder, "run" + m.use + "<" + m.folder.file("bad", text + "\xff\nc\n"));
  check_error(bad, 1, "standard input:501: invalid UTF-8 at byte 1");
  CHECK(lines_of(bad.out) == 500);
  const std::string longest(70000, 'a');
  const Result late = program(m.folder, "run" + m.use + "<" + m.folder.file("late", text + longest + "\nc\n"));
  check_error(late, 1, "standard input:501: need a line of at most 65536 bytes, got a longer one");
  CHECK(lines_of(late.out) == 500);
}

TEST_CASE("bounds: a long line is translated in a bounded number of steps, a longer one is refused") {
  // 30,000 words: twice that many steps over as many words would not end in a test's lifetime.
  const Model m;
  std::string words = "a";
  for (int i = 1; i < 30000; ++i) words += " b";
  const Result said = program(m.folder, "run --beam 1" + m.use + "<" + m.folder.file("long", words + "\n"));
  CHECK(said.code == 0);
  CHECK(lines_of(said.out) == 1);
  CHECK(std::count(said.out.begin(), said.out.end(), ' ') < 1000);
  const std::string huge = m.folder.file("huge", std::string(10'000'000, 'a') + "\n"),
                    one = m.folder.file("one", "A\n"),
                    tsv = m.folder.file("huge.tsv", std::string(10'000'000, 'a') + "\tA\n");
  check_error(program(m.folder, "run" + m.use + "<" + huge), 1, "standard input:1: need a line of at most");
  check_error(program(m.folder, "eval" + m.use + "--src " + huge + " --ref " + one), 1,
              "huge:1: need a line of at most");
  check_error(program(m.folder, "eval" + m.use + "--src " + one + " --ref " + huge), 1, "need references of at most");
  check_error(program(m.folder, "score" + m.use + "<" + tsv), 1, "standard input:1: need a line of at most");
  check_error(program(m.folder, m.train + m.folder.path("v") + " --valid " + tsv), 1, "huge.tsv:1: need a line of at");
}

TEST_CASE("bounds: a packed file of nothing but line ends is refused in little memory") {
  const grus::test::Folder folder;
  const std::string bomb = folder.path("bomb.gz"), limits = "ulimit -v 3000000; OPENBLAS_NUM_THREADS=1 ";
  REQUIRE(std::system(("head -c 120000000 /dev/zero | tr '\\0' '\\n' | gzip -1 >'" + bomb + "'").c_str()) == 0);
  const std::string out = " --out " + folder.path("m");
  check_error(program(folder, "train --train " + bomb + " --valid " + bomb + out, limits), 1,
              "bomb.gz:1: need SOURCE<TAB>");
  check_error(program(folder,
                      "train --train-src " + bomb + " --train-tgt " + bomb + " --valid-src " + bomb + " --valid-tgt " +
                          bomb + out,
                      limits),
              1, "bomb.gz:1: need a sentence, got a blank line");
}

TEST_CASE("usage: no number is NaN, and none is out of its range") {
  const Model m;
  for (const std::string flag : {"--length-penalty", "--prune"})
    for (const std::string value : {"nan", "-nan", "inf", "1e400", "-1", "1x"})
      check_error(program(m.folder, "run" + m.use + flag + "=" + value + " <" + m.source), 2,
                  flag + ": need a number from 0 to ");
  check_error(program(m.folder, "run" + m.use + "--beam nan <" + m.source), 2,
              "--beam: need a whole number from 1 to 1000");
  check_error(program(m.folder, "run --rescore " + m.path + "=nan" + m.use + "<" + m.source), 2,
              "--rescore: need DIR=WEIGHT");
}

TEST_CASE("usage: a flag that a command does not read is refused") {
  const Model m;
  for (const std::string flag :
       {"--beam 2", "--length-penalty 1", "--prune 1", "--enough 1", "--max-length 5", "--batch 3"})
    check_error(program(m.folder, "score" + m.use + flag + " <" + m.pairs), 2, flag.substr(0, flag.find(' ')));
  check_error(program(m.folder, "attend" + m.use + "--batch 3 --out x c"), 2, "--batch");
  check_error(program(m.folder, "run" + m.use + "--n-best 10 --beam 5 <" + m.source), 2,
              "--n-best: need at most the --beam of 5, got 10");
}

TEST_CASE("usage: variables of the environment that mean nothing are refused") {
  const Model m;
  const auto with = [&](const std::string& variable, const std::string& what) {
    check_error(program(m.folder, "run" + m.use + "<" + m.source, variable), 2, what);
  };
  with("GRUS_NUM_THREADS=many", "[GRUS_NUM_THREADS] need a whole number from 1 to 256, got 'many'");
  with("GRUS_NUM_THREADS=0", "[GRUS_NUM_THREADS] need");
  with("GRUS_NUM_THREADS=-1", "[GRUS_NUM_THREADS] need");
  with("GRUS_KERNELS=composd", "[GRUS_KERNELS] need fused or composed, got 'composd'");
  with("GRUS_ISA=avx", "[GRUS_ISA] need baseline, avx2, avx512, avx512_vnni, avx512_bf16 or amx, got 'avx'");
  with("GRUS_MEMORY_LIMIT=lots", "[GRUS_MEMORY_LIMIT] need");
  for (const std::string good : {"GRUS_NUM_THREADS=1", "GRUS_NUM_THREADS=", "GRUS_KERNELS=composed", "GRUS_ISA=avx2"})
    CHECK(program(m.folder, "run" + m.use + "<" + m.source, good).code == 0);
}

TEST_CASE("usage: variables of the environment that nothing reads are named in one line of warning") {
  const Model m;
  const Result result = program(m.folder, "run" + m.use + "<" + m.source, "GRUS_THREADS=1 GRUS_DEVICES_=cpu");
  CHECK(result.code == 0);
  CHECK(std::count(result.err.begin(), result.err.end(), '\n') == 1);
  CHECK(result.err.find("warning: nothing reads GRUS_") != std::string::npos);
  CHECK(result.err.find("GRUS_THREADS") != std::string::npos);
  CHECK(result.err.find("GRUS_NUM_THREADS") != std::string::npos);
  CHECK(program(m.folder, "run" + m.use + "<" + m.source, "GRUS_NUM_THREADS=1").err.empty());
}

TEST_CASE("usage: --help of train shows the defaults of the architecture that was chosen") {
  const grus::test::Folder folder;
  const auto help = [&](const std::string& flags) { return program(folder, "train " + flags + " --help").out; };
  const std::string plain = help(""), lstm = help("--arch sutskever"), paper = help("--arch sutskever --paper");
  CHECK(plain.find("--layers INT=1") != std::string::npos);
  CHECK(lstm.find("--layers INT=4") != std::string::npos);
  CHECK(paper.find("--hidden INT=1000") != std::string::npos);
  CHECK(help("--arch none").find("--layers INT=1") != std::string::npos);
}

TEST_CASE("demo: the report is of English and French, and one file of pairs names a report once") {
  const grus::test::Folder folder;
  const std::string out = folder.path("d");
  CHECK(program(folder, "demo --max-steps 1 --beam 1 --emb 8 --hidden 8 --out " + out).code == 0);
  CHECK(grus::test::bytes_of(out + "/report.html").find("<h1>English → French</h1>") != std::string::npos);
  const Model m;
  CHECK(grus::test::bytes_of(m.path + "/report.html").find("<h1>pairs.tsv</h1>") != std::string::npos);
}
