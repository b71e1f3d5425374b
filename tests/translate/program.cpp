// The program `translate`, as a person meets it: bad input, streams, signals.
#include <doctest/doctest.h>
#include <fmt/format.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>

#include "examples/seq2seq/train.h"
#include "formats/onnx.h"
#include "tests/data/files.h"
#include "tests/support/skip.h"
#include "tests/translate/program.h"

using namespace grus;
using namespace grus::seq2seq;

namespace {

using Result = test::ProgramResult;
using test::check_error;
using test::program;

const std::string small_flags = " --tokenizer space --emb 8 --hidden 8 --epochs 1 --warmup 1 ";

std::string files(const std::string& train, const std::string& valid, const std::string& out) {
  return "train --train " + train + " --valid " + valid + " --out " + out + small_flags;
}

struct TrainedByProgram {
  test::Folder folder;
  std::string pairs = folder.file("pairs.tsv", "a b\tA B\nc\tC\n"), model = folder.path("m");
  Result result = program(folder, files(pairs, pairs, model));
};

}  // namespace

TEST_CASE("program: bad usage is one line and exit code 2") {
  const test::Folder folder;
  const std::string pairs = folder.file("pairs.tsv", "a b\tA B\n");
  check_error(program(folder, files(pairs, pairs, folder.path("m")) + "--hiden 3"), 2, "--hiden");
  check_error(program(folder, files(pairs, pairs, folder.path("m")) + "--hidden -3"), 2,
              "--hidden: need a whole number");
  check_error(program(folder, files(pairs, pairs, folder.path("m")) + "--dropout 1.5"), 2, "--dropout: need a number");
  check_error(program(folder, "run"), 2, "--model is required");
  check_error(program(folder, "run --model m --beam 0"), 2, "--beam");
  check_error(program(folder, ""), 2, "subcommand");
}

TEST_CASE("program: bad text is one line with file and line, and exit code 1") {
  const test::Folder folder;
  const std::string good = folder.file("good", "a\nb\n"), pairs = folder.file("pairs.tsv", "a\tA\n");
  const std::string bad = folder.file("bad", "a\n\xff\n"), shorter = folder.file("shorter", "a\n"),
                    empty = folder.file("empty", ""), blank = folder.file("blank", "a\n\n");
  const auto with = [&](const std::string& source, const std::string& target) {
    return program(folder, "train --train-src " + source + " --train-tgt " + target + " --valid " + pairs + " --out " +
                               folder.path("m") + small_flags);
  };
  check_error(with(folder.path("none"), good), 1, "none: ");
  check_error(with(folder.path(""), good), 1, "directory");
  check_error(with(good, shorter), 1, "shorter");
  check_error(with(bad, good), 1, "bad:2: invalid UTF-8 at byte 1");
  check_error(with(empty, empty), 1, "empty");
  check_error(with(blank, good), 1, "blank:2");
}

TEST_CASE("program: a folder that cannot take the model is found before training") {
  const test::Folder folder;
  const std::string pairs = folder.file("pairs.tsv", "a\tA\n");
  check_error(program(folder, files(pairs, pairs, pairs)), 1, "cannot be made a folder");
  check_error(program(folder, files(pairs, pairs, "/proc/here")), 1, "cannot be made a folder");
  check_error(program(folder, files(pairs, pairs, folder.path("full")), "ulimit -f 100; trap '' XFSZ;"), 1,
              "need room for");
}

TEST_CASE("program: one pair trains, and translates line by line") {
  const TrainedByProgram t;
  CHECK_MESSAGE(t.result.code == 0, t.result.err);
  CHECK(t.result.out.find("report: ") != std::string::npos);
  const Result lines = program(t.folder, "run --model " + t.model, "printf 'a b\\n\\nc\\n' |");
  CHECK(lines.code == 0);
  CHECK(std::count(lines.out.begin(), lines.out.end(), '\n') == 3);
  CHECK(lines.out.find("\n\n") != std::string::npos);  // the empty line
  const Result best =
      program(t.folder, "run --n-best 2 --model " + t.model + " --alignments " + t.folder.path("al"), "echo c |");
  CHECK(best.out.starts_with("0 ||| "));
  CHECK(test::bytes_of(t.folder.path("al")).starts_with("{\"source\":[\"c\"]"));
  CHECK(program(t.folder, "score --model " + t.model + " <" + t.pairs).out.starts_with("-"));
  CHECK(program(t.folder, "attend --model " + t.model + " --out " + t.folder.path("a.svg") + " 'a b'").code == 0);
  CHECK(test::bytes_of(t.folder.path("a.svg")).find("<svg") != std::string::npos);
  CHECK(program(t.folder, "--version").out.starts_with("Grus "));
  check_error(program(t.folder, files(t.pairs, t.pairs, t.model)), 1, "holds a model already");
}

TEST_CASE("program: --performance measures steps, prints a line of JSON, and keeps nothing") {
  const TrainedByProgram t;
  const std::string train = "train --train " + t.pairs + " --valid " + t.pairs + small_flags + "--performance 2 ";
  const Result measured = program(t.folder, train);
  CHECK_MESSAGE(measured.code == 0, measured.err);
  CHECK(measured.out.starts_with("2 steps on 1 rank of "));
  CHECK(measured.out.find("\n{\"steps\":2,\"ranks\":1,") != std::string::npos);
  for (const char* fact : {"pairs_per_second", "target_tokens_per_second", "gflops_per_second", "share_of_peak"}) {
    const size_t at = measured.out.find(fmt::format("\"{}\":", fact));
    REQUIRE(at != std::string::npos);
    CHECK(std::strtod(measured.out.c_str() + at + std::string(fact).size() + 3, nullptr) > 0);
  }
  check_error(
      program(t.folder, "train --train " + t.pairs + " --valid " + t.pairs + " --performance 2 --init-from " + t.model),
      2, "--performance: need a model that begins anew, got --init-from");
  check_error(program(t.folder, train + "--reduce fast --wire bf16"), 2, "need a sum along the tree");
}

TEST_CASE("program: one pair and a sentence of 10,000 words are text like any other") {
  const TrainedByProgram t;
  std::string words = "a";
  for (int i = 1; i < 10000; ++i) words += i % 2 ? " b" : " a";
  const std::string longest = t.folder.file("long", words + "\n");
  const Result said = program(t.folder, "run --max-length 5 --model " + t.model + " <" + longest);
  CHECK(said.code == 0);
  CHECK(std::count(said.out.begin(), said.out.end(), '\n') == 1);
  const std::string one = t.folder.file("one.tsv", "x y\tz\n");
  CHECK(program(t.folder, files(one, one, t.folder.path("one"))).code == 0);
  const std::string both = t.folder.file("both.tsv", "x y\tz\n" + words + "\tz\n");
  const Result trained = program(t.folder, files(both, one, t.folder.path("both")));
  CHECK(trained.code == 0);
  CHECK(trained.err.find("1 of 2 sentence pairs skipped") != std::string::npos);
}

TEST_CASE("program: a model folder that is not whole is an error that names the file") {
  const TrainedByProgram t;
  const auto run = [&] { return program(t.folder, "run --model " + t.model, "echo a |"); };
  check_error(program(t.folder, "run --model " + t.folder.path("none"), "echo a |"), 1,
              "need the folder of a model, or a pack of one, got nothing");
  const std::string config = t.model + "/config.json", weights = t.model + "/model.safetensors";
  const std::string config_bytes = test::bytes_of(config), weights_bytes = test::bytes_of(weights);
  std::string other = config_bytes;
  other.replace(other.find("\"version\": 1"), 12, "\"version\": 9");
  t.folder.file("m/config.json", other);
  check_error(run(), 1, "config.json: need version 1, got 9");
  t.folder.file("m/config.json", config_bytes.substr(0, 40));
  check_error(run(), 1, "config.json");
  t.folder.file("m/config.json", config_bytes);
  t.folder.file("m/model.safetensors", weights_bytes.substr(0, weights_bytes.size() - 10));
  check_error(run(), 1, "model.safetensors");
  t.folder.file("m/model.safetensors", weights_bytes);
  std::filesystem::remove(t.model + "/pieces.vocab");
  check_error(run(), 1, "pieces.vocab");
}

TEST_CASE("program: export writes encoder and step in ONNX with the weights as they are, of a decoder with attention") {
  const TrainedByProgram t;
  const std::string out = t.folder.path("onnx");
  const Result exported = program(t.folder, "export --examples --model " + t.model + " --out " + out);
  if (exported.err.find("need a build with protobuf") != std::string::npos) return test::skip("no protobuf");
  CHECK_MESSAGE(exported.code == 0, exported.err);
  const nn::TensorFile kept = nn::read_safetensors(t.model + "/model.safetensors");
  const std::pair<const char*, const char*> weights[] = {{"encoder.onnx", "encoder.weight_hh_l0"},
                                                         {"encoder.onnx", "key.weight"},
                                                         {"step.onnx", "first.weight_ih"},
                                                         {"step.onnx", "second.weight_hh"},
                                                         {"step.onnx", "readout.weight"}};
  for (const auto& [file, name] : weights) {
    const nn::TensorFile written = formats::read_onnx(out + "/" + file);
    const Tensor *const to = nn::find(written.tensors, name), *const from = nn::find(kept.tensors, name);
    REQUIRE_MESSAGE(to, name);
    REQUIRE_MESSAGE(from, name);
    CHECK_MESSAGE(to->to_bytes() == from->to_bytes(), name);
  }
  for (const char* file : {"encoder.npz", "step.npz", "source.vocab", "target.vocab"})
    CHECK_MESSAGE(std::filesystem::exists(out + "/" + file), file);
  const std::string other = t.folder.path("other");
  REQUIRE(program(t.folder, files(t.pairs, t.pairs, other) + "--arch sutskever").code == 0);
  check_error(program(t.folder, "export --model " + other + " --out " + t.folder.path("none")), 1,
              "need a model of --arch bahdanau to export, got one of sutskever");
  CHECK_FALSE(std::filesystem::exists(t.folder.path("none")));
}

TEST_CASE("program: SIGTERM leaves a folder that --resume goes on with") {
  const TrainedByProgram t;
  const std::string out = t.folder.path("long"), log = t.folder.path("log");
  const std::string flags = files(t.pairs, t.pairs, out) + "--epochs 1000000 --patience 0 --save-every 0";
  const pid_t child = fork();
  if (child == 0) {
    const std::string line = "exec '" + std::string(std::getenv("TRANSLATE")) + "' " + flags + " >'" + log + "' 2>&1";
    execl("/bin/sh", "sh", "-c", line.c_str(), nullptr);
    _exit(127);
  }
  while (test::bytes_of(log).find("epoch  2") == std::string::npos) usleep(10000);
  kill(child, SIGTERM);
  int status = 0;
  waitpid(child, &status, 0);
  REQUIRE(WIFEXITED(status));
  CHECK(WEXITSTATUS(status) == 3);
  CHECK(test::bytes_of(log).find("all is saved") != std::string::npos);
  const Result resumed = program(t.folder, "train --resume --out " + out + " --epochs 2");
  CHECK(resumed.code == 0);
  CHECK_MESSAGE(resumed.out.find("report: ") != std::string::npos, resumed.err);
}
