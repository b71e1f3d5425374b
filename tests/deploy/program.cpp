// The program `grus-run`, which needs nothing but itself and a packed model.
#include <doctest/doctest.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>

#include "tests/deploy/models.h"
#include "tests/support/skip.h"

using namespace grus;
using test::check_error;
using test::packed_models;

namespace {

std::string quoted(const std::string& text) { return "'" + text + "'"; }

std::string flags_of(const std::string& task) { return task == "write" ? " --length 20" : ""; }

test::ProgramResult run(const test::Folder& folder, const std::string& arguments, const std::string& input = "") {
  return test::run_program(folder, "RUNNER", arguments, "<" + quoted(folder.file(".in", input)) + " env -i");
}

}  // namespace

TEST_CASE("grus-run: says what each program says of its packed model, without any environment") {
  const test::Folder folder;
  for (const auto& [task, model] : packed_models()) {
    CAPTURE(task);
    const test::ProgramResult said = run(folder, model.pack + flags_of(task), model.input);
    CHECK_MESSAGE(said.code == 0, said.err);
    CHECK(said.out == model.said);
    CHECK(said.err.empty());
  }
}

TEST_CASE("grus-run: is one file of at most 3 MB that runs in an empty folder as its root") {
  const std::string program = std::getenv("RUNNER");
  CHECK(std::filesystem::file_size(program) <= 3'000'000);
  if (::getuid() != 0) return test::skip("only root changes a root");
  const test::Folder folder, root;
  std::filesystem::copy_file(program, root.path("grus-run"));
  for (const auto& [task, model] : packed_models()) {
    CAPTURE(task);
    std::filesystem::copy_file(model.pack, root.path("m.grus"), std::filesystem::copy_options::overwrite_existing);
    const std::string line = "env -i \"$(command -v chroot)\" " + quoted(root.root().string()) + " /grus-run /m.grus" +
                             flags_of(task) + " <" + folder.file("in", model.input) + " >" + folder.path("out");
    CHECK(std::system(line.c_str()) == 0);
    CHECK(test::bytes_of(folder.path("out")) == model.said);
  }
}

TEST_CASE("grus-run: flags of the program are read, and listed with their values") {
  const test::Folder folder;
  const auto& all = packed_models();
  CHECK(run(folder, all.at("classify").pack + " --top 2", "so fine\n").out.find("\tso fine\n") != std::string::npos);
  CHECK(run(folder, all.at("write").pack + " --complete=2", "the\n").out.find(" %") != std::string::npos);
  CHECK(run(folder, all.at("translate").pack + " --beam 7 --help").out.find("[7]") != std::string::npos);
  CHECK(run(folder, "--help").out.find("grus-run MODEL") == 0);
  CHECK(run(folder, "--version").out.find("Grus ") == 0);
  CHECK(run(folder, all.at("translate").pack, "").out.empty());
}

TEST_CASE("grus-run: with --batch 1 a line is answered while the next is not written yet") {
  const test::Folder folder;
  const std::string to = quoted(folder.path("to")), from = quoted(folder.path("from"));
  const test::ProgramResult said =
      test::run_program(folder, "RUNNER",
                        packed_models().at("translate").pack + " --batch 1 <" + to + " >" + from + " & exec 3>" + to +
                            " 4<" + from + "; echo c >&3; timeout 20 head -n 1 <&4; exec 3>&-; wait; }",
                        "mkfifo " + to + " " + from + "; {");
  CHECK(std::count(said.out.begin(), said.out.end(), '\n') == 1);
}

TEST_CASE("grus-run: bad usage is one line and exit code 2, a bad line ends it behind the answers to those before") {
  const test::Folder folder;
  const auto& all = packed_models();
  const std::string translate = all.at("translate").pack;
  check_error(run(folder, ""), 2, "need a packed model, got none");
  check_error(run(folder, translate + " " + translate), 2, "need one model");
  check_error(run(folder, translate + " --beam"), 2, "--beam: need a value, got none");
  check_error(run(folder, translate + " --beam 0"), 2, "--beam: need a whole number from 1 to 1000, got '0'");
  check_error(run(folder, translate + " --precision f16", "a\n"), 2, "--precision: need f32, bf16 or int8, got f16");
  check_error(run(folder, translate + " --baem 1"), 2, "--baem: there is no such option");
  check_error(run(folder, translate + " --shortlist none"), 1, "none: ");
  check_error(run(folder, folder.path("none")), 1, "none: need a packed model, or its folder, got nothing");
  check_error(run(folder, all.at("forecast").pack, "month,up,down\n"), 1, "standard input: ");
  check_error(run(folder, all.at("forecast").pack, "month,up\n2000-01,1\n2000-02,1\n"), 1, "need the columns");
  const test::ProgramResult half = run(folder, translate, "a b c\nc\xff\n");
  check_error(half, 1, "standard input:2: invalid UTF-8 at byte 2");
  CHECK(std::count(half.out.begin(), half.out.end(), '\n') == 1);
  check_error(run(folder, translate, std::string(70000, 'a') + "\n"), 1, "line 1: need at most 65536 bytes");
  check_error(test::run_program(folder, "RUNNER", translate + " >/dev/full", "echo a |"), 1, "standard output: ");
}

TEST_CASE("grus-run: a pack with any part cut, changed or of another program is one line that names it") {
  const test::Folder folder;
  for (const auto& [task, model] : packed_models()) {
    const std::string whole = test::bytes_of(model.pack);
    for (size_t i = 0; i < 24; ++i) {
      std::string bytes = whole;
      if (i % 2 == 0) bytes.resize(whole.size() * i / 24);
      else bytes[whole.size() * i / 24] ^= 1;
      const std::string bad = folder.file("bad.grus", bytes);
      const test::ProgramResult result = run(folder, bad + flags_of(task), model.input);
      CAPTURE(i);
      if (result.code == 0) CHECK(result.out == model.said);  // a byte between members, which nothing reads
      else check_error(result, 1, "bad.grus");
    }
  }
  check_error(run(folder, folder.file("o.grus", "GRUSPACK")), 1, "o.grus: need a list of its files");
  check_error(run(folder, folder.file("o.grus", "hello")), 1, "o.grus: need a packed model, or its folder");
}
