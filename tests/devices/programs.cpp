// --device in every program, as a person meets it.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <cstdlib>

#include "tests/data/files.h"
#include "tests/support/devices.h"
#include "tests/support/program.h"
#include "tests/support/skip.h"

using namespace grus;
using test::Folder;

namespace {

using Result = test::ProgramResult;

/// Runs the program that the environment variable names.
Result run(const Folder& folder, const char* program, const std::string& arguments, const std::string& before = "") {
  return test::run_program(folder, program, arguments, before);
}

void check_works(const Result& result) {
  CHECK_MESSAGE(result.code == 0, result.err);
  CHECK(!result.out.empty());
}

void check_error(const Result& result, const std::string& what, int code = 1) { test::check_error(result, code, what); }

bool without_programs() {
  const bool none = !std::getenv("TRANSLATE");
  if (none) test::skip("the programs were not built");
  return none;
}

const std::string tiny = " --emb 8 --hidden 8 --epochs 1 --warmup 1";

}  // namespace

TEST_CASE("programs: translate trains on every device, and each uses what another trained") {
  if (without_programs()) return;
  const Folder folder;
  const std::string pairs = folder.file("pairs.tsv", "a b\tA B\nc\tC\n"), source = folder.file("source", "a b\nc\n"),
                    target = folder.file("target", "A B\nC\n");
  for (const Device& device : test::every_device()) {
    const std::string model = folder.path(device.name());
    check_works(run(folder, "TRANSLATE",
                    fmt::format("train --train {0} --valid {0} --out {1} --tokenizer space{2} --device {3}", pairs,
                                model, tiny, device)));
    for (const Device& user : test::every_device()) {
      const std::string use = fmt::format(" --model {} --device {} ", model, user);
      check_works(run(folder, "TRANSLATE", "run --beam 2" + use + "<" + source));
      check_works(run(folder, "TRANSLATE", "eval" + use + "--src " + source + " --ref " + target));
      check_works(run(folder, "TRANSLATE", "score" + use + "<" + pairs));
    }
  }
}

TEST_CASE("programs: phrases trains, scores and ranks on every device") {
  if (without_programs()) return;
  const Folder folder;
  const std::string table = folder.file("table",
                                        "the house ||| la maison ||| 1 1 1 1 ||| 0-0 1-1 ||| 2 2 2\n"
                                        "book ||| livre ||| 1 1 1 1 ||| 0-0 ||| 1 1 1\n"),
                    valid = folder.file("valid.tsv", "a house\tune maison\n");
  for (const Device& device : test::every_device()) {
    const std::string model = folder.path(device.name()), on = fmt::format(" --device {} ", device);
    check_works(
        run(folder, "PHRASES", fmt::format("train --train {} --valid {} --out {}{}{}", table, valid, model, tiny, on)));
    check_works(run(folder, "PHRASES", "score --model " + model + on + "--table " + table));
    check_works(run(folder, "PHRASES", "rank --model " + model + on + "--table " + table + " book"));
    check_works(run(folder, "PHRASES", "sample --count 2 --model " + model + " book", "GRUS_DEVICE=" + device.name()));
  }
}

TEST_CASE("programs: a device that is not there, a driver that is missing and a limit that is none are one sentence") {
  if (without_programs()) return;
  const Folder folder;
  const std::string pairs = folder.file("pairs.tsv", "a b\tA B\n"), valid = folder.file("valid.tsv", "a c\tA C\n");
  for (const char* program : {"TRANSLATE", "PHRASES"}) {
    const std::string train =
        fmt::format("train --train {} --valid {} --out {} --tokenizer space", pairs, valid, folder.path(program)) +
        tiny;
    check_error(run(folder, program, train + " --device abacus"), "[device] need one of the backends cpu, reference");
    check_error(run(folder, program, train, "GRUS_DEVICE=cpu:7"), "[device] need a device cpu:7, got: ");
    check_error(run(folder, program, train, "GRUS_MEMORY_LIMIT=lots"), "[GRUS_MEMORY_LIMIT] need bytes as in 512M", 2);
    check_error(run(folder, program, train, "GRUS_MEMORY_LIMIT=cpu=20K GRUS_DEVICE=cpu"),
                "bytes of memory, got a limit of 20480 with ");
  }
  check_error(run(folder, "GRUS_DEVICES", "abacus"), "[device] need one of the backends cpu, reference");
}
