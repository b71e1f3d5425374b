// --device in every program, as a person meets it.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <cstdlib>
#include <filesystem>

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

TEST_CASE("programs: two devices of a kind leave the weights of one with as many shards") {
  if (without_programs()) return;
  const Folder folder;
  std::string pairs;
  for (int i = 0; i < 40; ++i) pairs += fmt::format("a b {0}\tA B {0}\n", i % 7);
  const std::string file = folder.file("pairs.tsv", pairs);
  const auto train = [&](const std::string& out, const std::string& more, const std::string& before) {
    check_works(
        run(folder, "TRANSLATE",
            fmt::format("train --train {0} --valid {0} --out {1} --tokenizer space --threads 1 --batch 8{2} {3}", file,
                        folder.path(out), tiny, more),
            before));
    return test::bytes_of(folder.path(out) + "/model.safetensors");
  };
  for (const Device& device : test::every_device()) {
    if (!device.name().starts_with("opencl")) continue;
    const std::string two = "POCL_DEVICES='pthread pthread'";  // where PoCL is the driver it shows two
    const std::string alone = train("alone", "--device opencl:0 --shards 8", two);
    CHECK(train("both", "--devices opencl:0,opencl:1", two) == alone);
    CHECK(train("dealt", "--devices opencl:0,opencl:1 --shard-optimizer", two) == alone);
  }
  CHECK(!train("kinds", "--devices cpu,reference", "").empty());
}

TEST_CASE("programs: devices that cannot train together are one line, and nothing is written") {
  if (without_programs()) return;
  const Folder folder;
  const std::string pairs = folder.file("pairs.tsv", "a b\tA B\nc\tC\n");
  const auto train = [&](const std::string& more, const std::string& before = "") {
    return run(folder, "TRANSLATE",
               fmt::format("train --train {0} --valid {0} --out {1} --tokenizer space{2} {3}", pairs, folder.path("m"),
                           tiny, more),
               before);
  };
  check_error(train("--devices cpu,nonesuch"), "need");
  check_error(train("--devices cpu,cpu"), "--devices: need each device once, got cpu twice", 2);
  check_error(train("--devices cpu"), "--devices: need two devices or more, got cpu; --device takes one", 2);
  check_error(train("--devices cpu,,reference"), "--devices: need names of devices with commas", 2);
  check_error(train("--devices cpu,reference --device reference"), "--device: need --devices alone", 2);
  check_error(train("--devices cpu,reference", "OMPI_COMM_WORLD_SIZE=2 OMPI_COMM_WORLD_RANK=0"),
              "--devices: need one process for several devices, got 2 ranks of a launcher", 2);
  const Result few = train("--devices cpu,reference --shards 1");
  CHECK(few.code == 2);
  CHECK(few.err.find("--shards: need at least as many as the 2 ranks, got 1") != std::string::npos);
  CHECK(!std::filesystem::exists(folder.path("m") + "/model.safetensors"));
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
