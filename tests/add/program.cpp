// The program `add`, as a person meets it, and the rules that its questions follow.
#include <doctest/doctest.h>

#include <set>

#include "core/base/error.h"
#include "examples/add/commands.h"
#include "tests/data/files.h"
#include "tests/support/program.h"
#include "tests/support/resumed.h"

using namespace grus;
using namespace grus::tasks::add;
using test::check_error;
using test::message_of;

namespace {

test::ProgramResult program(const test::Folder& folder, const std::string& arguments, const std::string& before = "") {
  return test::run_program(folder, "ADD", arguments, before);
}

const std::string small = " --digits 2 --pairs 300 --held 20 --hidden 16 --emb 8 --schedule constant --threads 1 ";

}  // namespace

TEST_CASE("add: answers follow the rule of the task") {
  CHECK(answer(Task::add, "12+7") == "19");
  CHECK(answer(Task::add, "999+1") == "1000");
  CHECK(answer(Task::add, "0+0") == "0");
  CHECK(answer(Task::add, "99999999999999999999+1") == "100000000000000000000");
  CHECK(answer(Task::copy, "307") == "307");
  CHECK(answer(Task::reverse, "307") == "703");
  CHECK(answer(Task::sort, "3071") == "0137");
}

TEST_CASE("add: what is no question is named with its column") {
  const auto message = [](Task task, const char* text) {
    return message_of<DataError>([&] { check_question(task, text, "f:1"); });
  };
  CHECK(message(Task::add, "1+x") == "f:1:3: need two numbers as 12+7, got '1+x'");
  CHECK(message(Task::add, "1+2+3") == "f:1:4: need two numbers as 12+7, got '1+2+3'");
  CHECK(message(Task::add, "12") == "f:1:3: need two numbers as 12+7, got '12'");
  CHECK(message(Task::add, "1+") == "f:1:2: need two numbers as 12+7, got '1+'");
  CHECK(message(Task::sort, "1+2") == "f:1:2: need digits, got '1+2'");
  CHECK(message(Task::copy, "") == "f:1:1: need digits, got ''");
}

TEST_CASE("add: no question and no mirror image of one is in two parts") {
  const Questions all = draw_questions(Task::add, 2, 4000, 300, 7);
  CHECK(all.train.size() == 4000);
  std::set<std::string> held;
  for (const auto* part : {&all.valid, &all.test})
    for (const std::string& question : *part) {
      CHECK(question.size() == 5);
      const std::string mirrored = question.substr(3) + "+" + question.substr(0, 2);
      CHECK((!held.contains(question) && (question == mirrored || !held.contains(mirrored))));
      held.insert(question);
    }
  int known = 0;
  for (const std::string& question : all.train) {
    const size_t plus = question.find('+');
    known += held.contains(question) || held.contains(question.substr(plus + 1) + "+" + question.substr(0, plus));
  }
  CHECK(known == 0);
  CHECK(draw_questions(Task::add, 2, 4000, 300, 7).train == all.train);
  CHECK(draw_questions(Task::add, 2, 4000, 300, 8).train != all.train);
  CHECK(message_of<UsageError>([] { draw_questions(Task::copy, 1, 20, 2, 1); }) ==
        "--pairs: need fewer than there are questions of 1 digits, got 20 and 2 x 2 held out");
}

TEST_CASE("add: a run that goes on with other kernels says so, and with its own does not") {
  const test::Folder folder;
  const std::string other = folder.file("ours", "grus products 1\nf32-plain ours\n"), out = folder.path("m");
  const auto go_on = [&](const char* steps, const std::string& tune) {
    return program(folder, "train" + small + "--resume --out " + out + " --max-steps " + steps, "GRUS_TUNE=" + tune);
  };
  CHECK(program(folder, "train" + small + "--max-steps 2 --out " + out, "GRUS_TUNE=off").code == 0);
  CHECK(go_on("3", "off").err.empty());
  const auto elsewhere = go_on("4", other);
  check_error(elsewhere, 0, "warning: " + out + "/state.safetensors comes from ");
  CHECK(elsewhere.err.find("f32 of plain products ours") != std::string::npos);
}

TEST_CASE("add: a run of each architecture trains, is judged and answers") {
  for (const char* more : {"--arch simple --layers 2 --unit lstm", "--arch peeky --teacher-forcing 0.5 --task sort",
                           "--arch attention --task reverse"}) {
    const test::Folder folder;
    const std::string out = folder.path("m");
    const auto trained = program(folder, "train" + small + "--digits 3 " + more + " --epochs 1 --out " + out);
    CHECK_MESSAGE(trained.code == 0, trained.err);
    CHECK(trained.out.find("unseen questions right") != std::string::npos);
    CHECK(test::bytes_of(out + "/report.html").find("Unseen questions") != std::string::npos);
    CHECK(program(folder, "eval --digits 1 --count 2 --model " + out).code == 0);
    const bool sums = std::string(more).find("task") == std::string::npos;
    const auto said = program(folder, "run --model " + out, sums ? "printf '1+2\\n' |" : "printf '12\\n' |");
    CHECK_MESSAGE(said.code == 0, said.err);
    CHECK(said.out.find_first_not_of("0123456789+\n") == std::string::npos);
    test::check_packed(folder, "ADD", out, "run", sums ? "printf '1+2\n' |" : "printf '12\n' |");
  }
}

TEST_CASE("add: a run that is stopped and resumed ends with the weights of one that never stopped") {
  const test::Folder folder;
  TrainOptions o;
  o.digits = 2;
  o.pairs = 300;
  o.held = 20;
  o.hidden = 16;
  o.training.epochs = 2;
  test::check_resumed(folder, o, train, {1, 2, 4});  // within an epoch, and in the next one
}

TEST_CASE("add: every mistake is one line with its exit code, and leaves the model as it was") {
  const test::Folder folder;
  const std::string out = folder.path("m"), made = small + "--epochs 1 --out " + out;
  REQUIRE(program(folder, "train" + made).code == 0);
  const std::string weights = test::bytes_of(out + "/model.safetensors"), config = test::bytes_of(out + "/config.json");
  check_error(program(folder, "train" + made), 1, "holds a model already; --resume goes on with its run, --overwrite");
  check_error(program(folder, "train" + made + " --resume --hidden 17"), 2, "--hidden: need 16 as in");
  check_error(program(folder, "train" + made + " --resume --seed 2"), 2, "--seed: need 1 as in");
  check_error(program(folder, "train" + made + " --overwrite --layers 17"), 2, "--layers: need a whole number from 1");
  check_error(program(folder, "train" + made + " --overwrite --beta2 0.5 --optimizer sgd"), 2,
              "--beta2: need --optimizer");
  check_error(program(folder, "train" + made + " --overwrite --teacher 1"), 2, "--teacher");
  check_error(program(folder, "train" + small), 2, "--out: need a folder");
  check_error(program(folder, "train --config " + folder.file("c.json", "{\"depth\": 2}") + " --out " + out), 1,
              "c.json: --depth: there is no such option");
  check_error(program(folder, "eval --model " + folder.path("none")), 1,
              "need the folder of a model, or a pack of one, got nothing");
  check_error(program(folder, "eval"), 2, "--model: need the folder of a model");
  check_error(program(folder, "eval --lr 1 --model " + out), 2, "--lr");
  check_error(program(folder, "run --model " + out, "printf '1+2\\n3-4\\n' |"), 1,
              "standard input:2:2: need two numbers");
  CHECK(test::bytes_of(out + "/model.safetensors") == weights);
  CHECK(test::bytes_of(out + "/config.json") == config);
  std::string other = config;
  other.replace(other.find("grus add"), 8, "grus cat");
  folder.file("m/config.json", other);
  check_error(program(folder, "eval --model " + out), 1, "config.json: need a model of add, got");
  folder.file("m/config.json", config.substr(0, config.size() - 4));
  check_error(program(folder, "eval --model " + out), 1, "config.json");
}
