// The program `write`, as a person meets it: a model from a text and back, resumed runs, bad input.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include "tests/support/program.h"

using namespace grus;
using test::check_error;

namespace {

using Result = test::ProgramResult;

Result program(const test::Folder& folder, const std::string& arguments, const std::string& before = "") {
  return test::run_program(folder, "WRITE", arguments, before);
}

std::string some_text() {
  std::string text;
  for (int i = 0; i < 60; ++i) text += i % 3 == 0 ? "the cat sat.\n" : i % 3 == 1 ? "  a dog ran\n" : "the cat ran.\n";
  return text;
}

const std::string small = " --emb 6 --hidden 8 --layers 1 --batch 2 --window 8 --epochs 2 --warmup 1";

// A model of a few lines, good for everything but sense.
struct Trained {
  explicit Trained(const std::string& more = "")
      : result(program(folder, "train --train " + text + " --out " + model + small + more)) {
    REQUIRE_MESSAGE(result.code == 0, result.err);
  }
  test::Folder folder;
  std::string text = folder.file("text", some_text()), model = folder.path("m");
  Result result;
  std::string use(const std::string& command) const { return command + " --model " + model + " "; }
};

}  // namespace

TEST_CASE("write: a model is trained, measured, and writes on from a prompt, the same for the same seed") {
  const Trained trained;
  const Result eval = program(trained.folder, trained.use("eval") + "--text " + trained.text + " --keystrokes 9");
  CHECK(eval.code == 0);
  CHECK(eval.out.find("perplexity") != std::string::npos);
  CHECK(eval.out.find("keys saved by three suggestions") != std::string::npos);
  const Result cached = program(trained.folder, trained.use("eval") + "--cache 20 --text " + trained.text);
  CHECK(cached.out.find("with a cache of 20: perplexity ") != std::string::npos);
  check_error(program(trained.folder, trained.use("eval") + "--cache-theta 1 --text " + trained.text), 2,
              "--cache-theta: need --cache a size above 0 with it, got 0");
  const std::string run = trained.use("run") + "--prompt 'the\\n  a' --length 30 ";
  const Result first = program(trained.folder, run);
  CHECK(first.code == 0);
  CHECK(first.out.starts_with("the\n  a"));
  CHECK(program(trained.folder, run).out == first.out);
  CHECK(program(trained.folder, run + "--seed 2").out != first.out);
  const Result greedy = program(trained.folder, run + "--temperature 0");
  CHECK(greedy.out == program(trained.folder, run + "--top-k 1 --seed 5").out);
  CHECK(program(trained.folder, trained.use("run") + "--prompt '' --length 5").code == 0);
  test::check_packed(trained.folder, "WRITE", trained.model, "run --length 9 --seed 3");
  const std::string page = test::bytes_of(trained.model + "/report.html");
  CHECK(page.find(">GRU, ") != std::string::npos);
  for (const char* title : {"What it writes", "What surprises it"}) CHECK(page.find(title) != std::string::npos);
  CHECK(program(trained.folder, trained.use("run") + "--lines 1 --samples 3 --temperature 5").code == 0);
}

TEST_CASE("write: lines are scored one by one or as one text, and completed as they are typed") {
  const Trained trained;
  const std::string lines = trained.folder.file("lines", "the cat\na dog\n");
  const auto last = [](const Result& of) { return of.out.substr(of.out.rfind('\n', of.out.size() - 2) + 1); };
  const Result apart = program(trained.folder, trained.use("score") + "<" + lines);
  CHECK(std::count(apart.out.begin(), apart.out.end(), '\n') == 4);
  CHECK(apart.out.find("\tthe cat\n") != std::string::npos);
  CHECK(apart.out == program(trained.folder, trained.use("score") + "'the cat' 'a dog'").out);
  CHECK(last(apart) != last(program(trained.folder, trained.use("score") + "--together <" + lines)));
  const Result words = program(trained.folder, trained.use("complete") + "'the c' 'the '");
  CHECK(words.code == 0);
  CHECK(words.out.starts_with("c"));
  CHECK(std::count(words.out.begin(), words.out.end(), '\n') == 2);
}

TEST_CASE("write: words, pieces and a transformer are options; <unk> reads what the text had too seldom") {
  const Trained words(" --tokenizer word --min-count 2 --tied --arch lstm --dropout 0.1 --weight-drop 0.1");
  CHECK(program(words.folder, words.use("complete") + "'the '").out.find('%') != std::string::npos);
  const Result unknown = program(words.folder, words.use("complete") + "'the zebra '");
  CHECK_MESSAGE(unknown.code == 2, unknown.out);  // no word of the text was too seldom
  const Trained transformer(" --arch transformer --heads 1 --emb 8 --dropout 0.1");
  CHECK(program(transformer.folder, transformer.use("run") + "--prompt 'the ' --length 40").code == 0);
  CHECK(program(transformer.folder, transformer.use("eval") + "--text " + transformer.text).code == 0);
  const test::Folder folder;
  const std::string text = folder.file("text", some_text() + "one zebra\n");
  const std::string out = folder.path("m");
  CHECK(program(folder, "train --holdout 0.05 --tokenizer space --min-count 2 --valid " + text + " --train " + text +
                            " --out " + out + small)
            .code == 0);
  CHECK(program(folder, "complete 'the horse ' --model " + out).code == 0);
}

TEST_CASE("write: the kept recipes name options that there are") {
  const Trained trained;
  for (const std::string name : {"shakespeare", "wikitext-2"}) {
    const Result result = program(trained.folder, "train --config " + std::string(std::getenv("RECIPES")) + "/" + name +
                                                      ".json --train " + trained.text + " --out " +
                                                      trained.folder.path(name) + small + " --max-steps 1");
    CHECK_MESSAGE(result.code == 0, result.err);
  }
}

TEST_CASE("write: a run that is killed goes on to the weights of one that never stopped") {
  const Trained whole(" --dropout 0.2");
  const std::string to = whole.folder.path("again"),
                    train = "train --train " + whole.text + " --out " + to + small + " --dropout 0.2";
  const std::string killed = fmt::format(
      "'{}' {} --save-every 1 >/dev/null & p=$!; until [ -e {}/state.safetensors ]; do kill -0 $p || break; done; "
      "kill -9 $p; wait $p 2>/dev/null;",
      std::getenv("WRITE"), train, to);
  const Result resumed = program(whole.folder, train + " --resume", killed);
  CHECK_MESSAGE(resumed.code == 0, resumed.err);
  CHECK(test::bytes_of(to + "/model.safetensors") == test::bytes_of(whole.model + "/model.safetensors"));
}

TEST_CASE("write: bad input is one line") {
  const test::Folder folder;
  const auto train = [&](const std::string& content, const std::string& more = "") {
    return program(folder, "train --train " + folder.file("t", content) + " --out " + folder.path("o") + small + more);
  };
  check_error(train(""), 1, "/t: need text, got an empty file");
  check_error(train("ab\n"), 1,
              "/t: need a window of 8 tokens (--window) in 2 streams (--batch) at least, got 4 tokens");
  check_error(train(some_text() + "\xff\n"), 1, "/t:61: invalid UTF-8 at byte 1");
  check_error(train(some_text(), " --tokenizer bpe"), 2, "--vocab: need a size with --tokenizer bpe");
  check_error(train(some_text(), " --tokenizer letters"), 2, "need one of ");
  check_error(train(some_text(), " --heads 3"), 2, "--heads: need --arch transformer with it, got gru");
  check_error(train(some_text(), " --arch transformer --weight-drop 0.1"), 2, "--weight-drop: need --arch gru or lstm");
  check_error(train(some_text(), " --holdout 0"), 1, "--holdout: need a line at least to validate on, got none");
  check_error(train(some_text(), " --test " + folder.path("gone")), 1, "/gone: ");
  check_error(program(folder, "train --out x"), 2, "--train: need a text, got none");
  CHECK(!std::filesystem::exists(folder.path("o")));
  check_error(program(folder, "run"), 2, "--model: need the folder of a model, got none");
  check_error(program(folder, "run --model " + folder.path("none")), 1,
              "need the folder of a model, or a pack of one, got nothing");
  folder.file("config.json", "{\"format\": \"grus add\", \"version\": 1}");
  check_error(program(folder, "run --model " + folder.root().string()), 1, "need a model of write, got \"grus add\"");
}

TEST_CASE("write: a prompt that the model cannot read, and options out of range, are one line") {
  const Trained trained;
  const auto run = [&](const std::string& more) { return program(trained.folder, trained.use("run") + more); };
  check_error(run("--prompt 'the é'"), 2, "got 'é', which it has never seen");
  check_error(run("--prompt \"$(printf 'a\\377')\""), 2, "--prompt: need text in UTF-8, got a bad byte at place 2");
  check_error(run("--top-p 1.5"), 2, "--top-p");
  check_error(run("--top-p 0"), 2, "--top-p");
  check_error(run("--temperature -1"), 2, "--temperature");
  check_error(program(trained.folder, trained.use("score"), "printf 'a\\n\\377\\n' |"), 1,
              "standard input:2: invalid UTF-8 at byte 1");
  check_error(program(trained.folder, trained.use("eval")), 2, "--text: need a text to measure, got none");
}
