// The program `classify`, as a person meets it, and the files that it reads.
#include <doctest/doctest.h>

#include "core/base/error.h"
#include "examples/classify/commands.h"
#include "formats/onnx.h"
#include "nn/serialize.h"
#include "tests/data/files.h"
#include "tests/support/program.h"
#include "tests/support/resumed.h"
#include "tests/support/skip.h"
#include "tests/support/well_formed.h"

using namespace grus;
using namespace grus::tasks::classify;
using test::check_error;
using test::message_of;

namespace {

test::ProgramResult program(const test::Folder& folder, const std::string& arguments, const std::string& before = "") {
  return test::run_program(folder, "CLASSIFY", arguments, before);
}

const char* const table =
    "label,text\n"
    "good,a fine film\nbad,a poor film\ngood,\"fine, very fine\"\nbad,poor and dull\ngood,so fine\nbad,so poor\n";
const std::string small = " --emb 8 --hidden 4 --min-count 1 --batch 2 --threads 1 --schedule constant --patience 0 ";

}  // namespace

TEST_CASE("classify: every unit, pooling and tokenizer trains, is judged and labels lines") {
  for (const char* more :
       {"--unit gru --pool attention --layers 2", "--unit lstm --pool max --tokenizer char --ngrams 3",
        "--unit rnn --pool mean --subwords 4 --cased --tokenizer space --members 2",
        "--pool last --directions one --max-length 2 --label-smoothing 0.1"}) {
    CAPTURE(more);
    const test::Folder folder;
    const std::string data = folder.file("t.csv", table), out = folder.path("m");
    const auto trained = program(folder, "train --train " + data + " --valid " + data + " --test " + data + small +
                                             more + " --epochs 2 --out " + out);
    CHECK_MESSAGE(trained.code == 0, trained.err);
    CHECK(trained.out.find("test accuracy") != std::string::npos);
    const auto judged = program(folder, "eval --model " + out + " --data " + data + " --out " + folder.path("e.html"));
    CHECK_MESSAGE(judged.code == 0, judged.err);
    CHECK(judged.out.find("macro F1") != std::string::npos);
    CHECK(test::bytes_of(folder.path("e.html")).find("Confusions") != std::string::npos);
    const std::string page = folder.path("p.html");
    const auto said =
        program(folder, "run --top 2 --model " + out + " --page " + page, "printf 'so <fine>\\n\\nunheard of\\n' |");
    CHECK_MESSAGE(said.code == 0, said.err);
    CHECK(std::count(said.out.begin(), said.out.end(), '\n') == 3);
    CHECK(std::count(said.out.begin(), said.out.end(), '\t') == 12);
    CHECK(test::bytes_of(page).find("&lt;") != std::string::npos);
    test::check_packed(folder, "CLASSIFY", out, "run --top 2 'so fine' good");
  }
}

TEST_CASE("classify: export writes a model in ONNX with the classes, the pieces and the weights as they are") {
  const test::Folder folder;
  const std::string data = folder.file("t.csv", table), out = folder.path("m"), file = folder.path("m.onnx");
  REQUIRE(program(folder, "train --train " + data + " --valid " + data + small +
                              "--pool max --ngrams 2 --subwords 3 --members 2 --epochs 1 --out " + out)
              .code == 0);
  const auto exported =
      program(folder, "export --model " + out + " --out " + file + " --examples " + folder.path("m.npz"));
  if (exported.err.find("need a build with protobuf") != std::string::npos) return test::skip("no protobuf");
  CHECK_MESSAGE(exported.code == 0, exported.err);
  CHECK(test::bytes_of(file).find(R"(["bad","good"])") != std::string::npos);
  CHECK(std::filesystem::exists(folder.path("m.npz")));
  const nn::TensorFile written = formats::read_onnx(file), kept = nn::read_safetensors(out + "/model.safetensors");
  for (const char* name : {"members.0.embedding.weight", "members.1.grams.weight", "members.0.letters.weight",
                           "members.1.gru.weight_hh_l0", "members.0.output.weight"}) {
    const Tensor *const to = nn::find(written.tensors, name), *const from = nn::find(kept.tensors, name);
    REQUIRE_MESSAGE(to, name);
    REQUIRE_MESSAGE(from, name);
    CHECK_MESSAGE(to->to_bytes() == from->to_bytes(), name);
  }
  check_error(program(folder, "export --model " + out), 2, "--out: need a file");
  check_error(program(folder, "export --model " + out + " --out " + folder.path("no/m.onnx")), 1, "no/m.onnx");
}

TEST_CASE("classify: what the model says does not depend on the batch") {
  const test::Folder folder;
  const std::string data = folder.file("t.csv", table), out = folder.path("m");
  REQUIRE(program(folder, "train --train " + data + " --valid " + data + small +
                              "--subwords 4 --ngrams 2 --epochs 2 --out " + out)
              .code == 0);
  const std::string lines = "printf 'so fine\\npoor and dull\\na\\n' |";
  CHECK(program(folder, "run --batch 1 --model " + out, lines).out ==
        program(folder, "run --batch 3 --model " + out, lines).out);
}

TEST_CASE("classify: a run that is stopped and resumed ends with the weights of one that never stopped") {
  const test::Folder folder;
  TrainOptions o;
  o.train = o.valid = folder.file("t.csv", table);
  o.min_count = 1;
  o.model.hidden = o.model.embedding = 8;
  o.training.batch = 2;
  o.training.epochs = 3;
  o.training.patience = 0;
  test::check_resumed(folder, o, train, {1, 3, 5});
}

TEST_CASE("classify: frozen vectors stay as their file has them, one table for all members, with words of no text") {
  const test::Folder folder;
  const std::string data = folder.file("t.csv", table), out = folder.path("m");
  const std::string vectors = folder.file("v.txt", "Denver 1 1 1 1\nsuperb 1 2 3 4\nfine 5 6 7 8\nlate 9 9 9 9\n");
  const auto trained = program(folder, "train --train " + data + " --valid " + data + small +
                                           "--emb 4 --members 2 --epochs 2 --vectors " + vectors +
                                           " --vectors-words 3 --freeze-vectors --out " + out);
  REQUIRE_MESSAGE(trained.code == 0, trained.err);
  CHECK(trained.out.find("2 of 10 words have a vector in") != std::string::npos);
  const std::string pieces = test::bytes_of(out + "/pieces.vocab");
  CHECK(pieces.ends_with("superb\t1\n"));
  const nn::TensorFile kept = nn::read_safetensors(out + "/model.safetensors");
  CHECK_FALSE(nn::find(kept.tensors, "members.1.embedding.weight"));
  const std::vector<float> rows = nn::find(kept.tensors, "members.0.embedding.weight")->to_vector<float>();
  const auto row_of = [&](const char* word) {
    const auto lines = std::count(pieces.begin(), pieces.begin() + static_cast<int64_t>(pieces.find(word)), '\n');
    return std::vector<float>(rows.begin() + 4 * lines, rows.begin() + 4 * lines + 4);
  };
  CHECK(row_of("\nfine\t" + 1) == std::vector<float>{5, 6, 7, 8});
  test::check_packed(folder, "CLASSIFY", out, "run --top 2 'so fine' superb");
}

TEST_CASE("classify: every mistake is one line with its exit code, and leaves the model as it was") {
  const test::Folder folder;
  const std::string data = folder.file("t.csv", table), out = folder.path("m");
  const std::string made = "train --valid " + data + small + "--epochs 1 --out " + out + " --train ";
  REQUIRE(program(folder, made + data).code == 0);
  const std::string weights = test::bytes_of(out + "/model.safetensors"), config = test::bytes_of(out + "/config.json");
  check_error(program(folder, made + folder.file("o.csv", std::string(table) + "good,more\n") + " --resume --epochs 2"),
              2, "--train: need the data with");
  check_error(program(folder, made + data + " --overwrite --test " + folder.file("x.txt", "good x\nother y\n")), 1,
              "x.txt:2:1: need a class of the training, one of bad, good, got 'other'");
  check_error(program(folder, made + folder.file("one.txt", "good x\ngood y\n") + " --overwrite"), 1,
              "need texts of at least two classes");
  check_error(program(folder, made + data + " --overwrite --vectors " + folder.file("v.txt", "fine 1 2\n")), 1,
              "need vectors of --emb 8");
  check_error(program(folder, made + data + " --overwrite --tokenizer char --vectors v --vectors-words 3"), 2,
              "--vectors-words: need --tokenizer word or space with it, got char");
  check_error(program(folder, made + data + " --overwrite --freeze-vectors"), 2,
              "--freeze-vectors: need --vectors a file with it");
  check_error(program(folder, made + data + " --overwrite --tokenizer letters"), 2, "letters");
  check_error(program(folder, made + data + " --overwrite --hold-test 0.1 --test " + data), 2,
              "--hold-test: need 0 with --test");
  check_error(program(folder, made + data + " --overwrite --buckets 5"), 2,
              "--buckets: need --ngrams or --subwords above 0 with it");
  check_error(program(folder, made + data + " --overwrite --cased"), 2, "--cased: need --tokenizer another than word");
  check_error(program(folder, made + data + " --overwrite --vocab 0 --tokenizer char --beta2 0.9 --optimizer sgd"), 2,
              "--beta2");
  check_error(program(folder, made + data + " --beam 5"), 2, "--beam");
  check_error(program(folder, "train --out " + out), 2, "--train: need labelled texts");
  check_error(program(folder, "eval --model " + out), 2, "--data: need labelled texts");
  check_error(program(folder, "eval --seed 1 --model " + out), 2, "--seed");
  check_error(program(folder, "eval --model " + out + " --data " + folder.file("e.txt", "")), 1,
              "e.txt: need at least one row");
  check_error(program(folder, "run --model " + out, "printf 'a\\n\\377\\n' |"), 1, "standard input:2: invalid UTF-8");
  check_error(program(folder, "run --model " + out + " good $(printf 'a\\377')"), 2, "text 2: invalid UTF-8 at byte 2");
  CHECK(test::bytes_of(out + "/model.safetensors") == weights);
  CHECK(test::bytes_of(out + "/config.json") == config);
  folder.file("m/classes.txt", "good\nbad\n");
  check_error(program(folder, "run --model " + out + " x"), 1, "classes.txt: need the file with");
}

TEST_CASE("classify: without a command it gets four sentences right and guesses languages") {
  const test::Folder folder;
  const auto shown = program(folder, "", "cd " + folder.root().string() + " &&");
  CHECK_MESSAGE(shown.code == 0, shown.err);
  CHECK(shown.out.find("validation accuracy 1.0000") != std::string::npos);
  CHECK(shown.out.find("Yamashiro") != std::string::npos);
  CHECK(std::filesystem::exists(folder.path("classify-demo/what-mattered.html")));
}
