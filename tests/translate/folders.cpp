// The fate of a model's folder when a run fails, is killed, or replaces what stood there.
#include <doctest/doctest.h>

#include <cmath>
#include <csignal>

#include "data/read/text.h"
#include "nn/serialize.h"
#include "seq2seq/model_folder.h"
#include "tests/data/files.h"
#include "tests/translate/program.h"

using namespace grus;
using namespace grus::seq2seq;
using test::check_error;
using test::program;

namespace {

using Result = test::ProgramResult;

const std::string small = " --tokenizer space --emb 8 --hidden 8 --warmup 1 --batch-sentences 1 --patience 0 ";

// Old is a model in a folder, and a command that would train another there.
struct Old {
  test::Folder folder;
  std::string pairs = folder.file("pairs.tsv", "a b\tA B\nc\tC\nb c a\tB C A\n"), out = folder.path("m");
  std::string train = "train --train " + pairs + " --valid " + pairs + " --out " + out + small;
  Result first = program(folder, train + "--epochs 1");
  std::string said = say();
  std::string say() const { return program(folder, "run --model " + out + " <" + source()).out; }
  std::string source() const { return folder.file("source", "a b\nc\nb a c\n"); }
  // Checks that the command fails, and that the folder is as it was.
  void check_kept(const std::string& flags, int code, const std::string& what, const std::string& before = "") const {
    const std::string config = test::bytes_of(out + "/config.json"),
                      weights = test::bytes_of(out + "/model.safetensors");
    check_error(program(folder, train + flags, before), code, what);
    CHECK_MESSAGE(test::bytes_of(out + "/config.json") == config, flags);
    CHECK_MESSAGE(test::bytes_of(out + "/model.safetensors") == weights, flags);
    CHECK_MESSAGE(say() == said, flags);
  }
};

}  // namespace

TEST_CASE("folder: --overwrite finds every mistake while the old model is still there") {
  const Old old;
  REQUIRE(std::count(old.said.begin(), old.said.end(), '\n') == 3);
  old.check_kept("--overwrite --seed 2 --max-length 1 --train " + old.folder.file("long.tsv", "a b\tA B\n"), 1,
                 "need sentence pairs, got none (of 1, 1 are too long)");
  old.check_kept("--overwrite --seed 2 --schedule inverse-sqrt --warmup 0", 2, "--warmup: need 1 or more");
  old.check_kept("--overwrite --seed 2 --init-from " + old.out + " --freeze '*'", 2,
                 "--freeze: need parameters left to train");
  old.check_kept("--overwrite --seed 2 --show-step " + old.folder.path("none/step.html"), 1, "none/step.html");
  old.check_kept("--overwrite --seed 2 --profile " + old.folder.path(""), 1, "directory");
  old.check_kept("--overwrite --seed 2 --test $(printf 'x\\377.tsv')", 2, "--test: need text in UTF-8");
  check_error(program(old.folder, old.train + "--overwrite --seed 2 --epsilon 0 --average 0 --tie none"), 1,
              "the model from before is still in " + old.out + "/replaced");
  CHECK(old.say() == old.said);
  CHECK(program(old.folder, old.train + "--overwrite --seed 2 --epochs 1").code == 0);
  CHECK(old.say() != old.said);
  CHECK_FALSE(std::filesystem::exists(old.out + "/replaced"));
}

TEST_CASE("folder: a pack of it, joint or with a side's own tokenizer, translates as the folder does") {
  const Old old;
  test::check_packed(old.folder, "TRANSLATE", old.out, "run", "cat " + old.source() + " |");
  const std::string sides = old.folder.path("sides");
  const Result trained = program(old.folder, "train --train " + old.pairs + " --valid " + old.pairs + " --out " +
                                                 sides + small + "--tie output --tokenizer-src char --epochs 1");
  REQUIRE_MESSAGE(trained.code == 0, trained.err);
  test::check_packed(old.folder, "TRANSLATE", sides, "run", "cat " + old.source() + " |");
  check_error(program(old.folder, "pack --model " + old.folder.path("none") + " --out p"), 1, "none: No such file");
  check_error(program(old.folder, "pack --model " + old.out), 2, "--out: need a file, as model.grus, got none");
  check_error(program(old.folder, "run --model " + old.source()), 1, "need the folder of a model, or a pack of one");
}

TEST_CASE(
    "folder: packs of 16, 8 and 4 bits are smaller and are used in every precision, but no training begins there") {
  const test::Folder folder;
  const std::string pairs = folder.file("pairs.tsv", "a b\tA B\nc\tC\nb c a\tB C A\n"), out = folder.path("m");
  const std::string training =
      "train --train " + pairs + " --valid " + pairs + " --tokenizer space --emb 64 --hidden 64 ";
  REQUIRE(program(folder, training + "--epochs 1 --out " + out).code == 0);
  uintmax_t before = 0;
  for (const char* form : {"q4", "int8", "bf16", "f32"}) {
    CAPTURE(form);
    const std::string pack = folder.path(form);
    const Result packed = program(folder, "pack --weights " + std::string(form) + " --model " + out + " --out " + pack);
    REQUIRE_MESSAGE(packed.code == 0, packed.err);
    CHECK(std::filesystem::file_size(pack) * 10 > before * 14);
    before = std::filesystem::file_size(pack);
    for (const char* precision : {"f32", "bf16", "int8"}) {
      const Result said =
          program(folder, "run --precision " + std::string(precision) + " --model " + pack, "printf 'a b\\n\\nc\\n' |");
      CHECK_MESSAGE(said.code == 0, said.err);
      CHECK(std::count(said.out.begin(), said.out.end(), '\n') == 3);
    }
  }
  const auto from = [&](const char* form) {
    return program(folder, training + "--epochs 1 --out " + folder.path("next") + " --init-from " + folder.path(form));
  };
  check_error(from("int8"), 1,
              "/int8: need weights that were not rounded to train from, got int8, which are for use alone");
  check_error(from("q4"), 1,
              "/q4: need weights that were not rounded to train from, got q4_0, which are for use alone");
  CHECK(from("bf16").code == 0);
  check_error(program(folder, "train --resume --epochs 2 --out " + folder.path("int8")), 1, folder.path("int8") + ": ");
  check_error(program(folder, training + "--precision int8 --out " + folder.path("n")), 2,
              "--precision: need f32 or bf16 or f16, got 'int8'");
  check_error(program(folder, "run --precision int4 --model " + out), 2, "--precision: ");
  check_error(program(folder, "pack --weights q5 --model " + out + " --out " + folder.path("x")), 2,
              "--weights: need f32 or bf16 or int8 or q4, got 'q5'");
  std::filesystem::copy_file(out + "/config.json", folder.path("config.json"));
  nn::write_safetensors(folder.path("model.safetensors"),
                        nn::read_safetensors(folder.path("int8") + "/model.safetensors").tensors, {},
                        nn::WeightForm::int8);
  check_error(program(folder, "pack --weights q4 --model " + folder.root().string() + " --out " + folder.path("x")), 1,
              "/model.safetensors: need weights of f32 for --weights q4_0, got int8");
}

TEST_CASE("folder: a failed --resume leaves a run that a plain one goes on with") {
  const Old old;
  old.check_kept("--resume --epochs 2 --optimizer adadelta", 2, "--optimizer: need adam as in");
  old.check_kept("--resume --epochs 2 --average 0", 2, "--average: need a decay above 0 as in");
  old.check_kept("--resume --epochs 2 --profile " + old.folder.path("none/p"), 1, "none/p");
  old.check_kept("--resume --epochs 2 --hidden 9", 2, "--hidden: need 8");
  old.check_kept("--resume --epochs 2 --batch-sentences 2", 2, "--batch: need 1 as in");
  old.check_kept("--resume --epochs 2 --seed 7", 2, "--seed: need 1 as in");
  old.check_kept("--resume --epochs 2 --max-length 7", 2, "--max-length: need 100 as in");
  const Result resumed = program(old.folder, "train --resume --out " + old.out + " --epochs 2");
  CHECK_MESSAGE(resumed.code == 0, resumed.err);
}

TEST_CASE("folder: sides with tokenizers and symbols of their own train, translate and go on") {
  const test::Folder folder;
  const std::string pairs = folder.file("pairs.tsv", "ab\tAA B\nc\tK\nbca\tB K AA\n"), out = folder.path("m"),
                    phones = folder.file("phones", "AA\tvowel\nB\tstop\nD\tstop\n");
  const std::string train = "train --train " + pairs + " --valid " + pairs + " --out " + out +
                            " --tie output --tokenizer-src char --vocab-src 6 --tokenizer-tgt space --vocab-tgt " +
                            phones + " --emb 8 --hidden 8 --batch 1 --patience 0 ";
  const Result first = program(folder, train + "--epochs 1");
  REQUIRE_MESSAGE(first.code == 0, first.err);
  CHECK(first.err.find("2 of the 6 pieces of the target are not in " + phones + ": they count as <unk>") !=
        std::string::npos);
  CHECK(first.out.find("3 pairs, vocabulary 6 and 7, ") != std::string::npos);
  std::filesystem::remove(phones);  // the folder has its own
  const Result said = program(folder, "run --model " + out, "printf 'ab\\nxyz\\n' |");
  CHECK_MESSAGE(said.code == 0, said.err);
  CHECK(said.out.find_first_not_of("AABD \n") == std::string::npos);
  CHECK(program(folder, "train --resume --epochs 2 --out " + out).code == 0);
  CHECK(program(folder, "train --init-from " + out + " --train " + pairs + " --valid " + pairs + " --batch 1 --out " +
                            folder.path("n"))
            .code == 0);
  check_error(program(folder, train + "--resume --epochs 3 --vocab-tgt 9"), 2,
              "--vocab-tgt: need " + phones + " as in");
  check_error(program(folder, train + "--overwrite"), 1, phones);
}

TEST_CASE("folder: a model whose words are extended keeps the bits of its own, and learns the new ones") {
  for (const std::string tie : {"all", "none"}) {
    const test::Folder folder;
    const std::string first = folder.file("first.tsv", "a b\tA B\nc\tC\n"),
                      more = folder.file("more.tsv", "a d\tA D\ne d\tE D\nb\tF\n"), old = folder.path("old");
    const auto train = [&](const std::string& pairs, const std::string& out, const std::string& flags) {
      return program(folder, "train --train " + pairs + " --valid " + pairs +
                                 " --patience 0 --batch 1 --warmup 1 --out " + folder.path(out) + " " + flags);
    };
    REQUIRE(train(first, "old", "--tokenizer space --emb 8 --hidden 8 --epochs 1 --tie " + tie).code == 0);
    const Result still = train(more, "new", "--init-from " + old + " --extend-vocab --epochs 1 --lr 0 --average 0");
    REQUIRE_MESSAGE(still.code == 0, still.err);
    CHECK(still.err.find(tie == "all" ? "5 new words on both sides" : "3 new words of the target") !=
          std::string::npos);
    const auto before = nn::read_safetensors(old + "/model.safetensors").tensors,
               after = nn::read_safetensors(folder.path("new/model.safetensors")).tensors;
    REQUIRE(before.size() == after.size());
    int grown = 0;
    for (const nn::NamedTensor& tensor : before) {
      const auto same = [&](const nn::NamedTensor& other) { return other.name == tensor.name; };
      const Tensor now = std::find_if(after.begin(), after.end(), same)->tensor;
      grown += now.dim(0) > tensor.tensor.dim(0);
      CHECK_MESSAGE(now.rows(0, tensor.tensor.dim(0)).to_bytes() == tensor.tensor.to_bytes(), tensor.name);
    }
    CHECK(grown == (tie == "all" ? 2 : 4));  // one matrix and the output's bias; or three matrices
    const Result learnt =
        train(more, "learnt",
              "--init-from " + old +
                  " --extend-vocab --epochs 200 --lr 0.03 --average 0 --label-smoothing 0 --metrics perplexity");
    REQUIRE_MESSAGE(learnt.code == 0, learnt.err);
    CHECK(program(folder, "run --model " + folder.path("learnt"), "echo e d |").out == "E D\n");
    check_error(train(more, "n", "--extend-vocab"), 2, "--extend-vocab: need --init-from with it, got none");
    check_error(train(more, "n", "--init-from " + old + " --extend-vocab --hidden 9"), 2, "--hidden: need 8 as in");
    CHECK(train(more, "learnt", "--resume --epochs 201").code == 0);
  }
}

TEST_CASE("folder: a configuration from before sides had options of their own still loads") {
  const Old old;
  std::string config = test::bytes_of(old.out + "/config.json");
  for (const char* flag : {"tokenizer-src", "tokenizer-tgt", "vocab-src", "vocab-tgt"}) {
    const size_t begin = config.find(std::string("    \"") + flag);
    REQUIRE(begin != std::string::npos);
    config.erase(begin, config.find('\n', begin) + 1 - begin);
  }
  const size_t sum = config.find("  \"checksum\"");
  config.erase(sum, config.find('\n', sum) + 1 - sum);
  size_t comma = config.rfind(",\n  }");
  if (comma != std::string::npos) config.erase(comma, 1);  // the last row of the options may be gone
  old.folder.file("m/config.json", config);
  CHECK(old.say() == old.said);
}

TEST_CASE("folder: a run goes on with the text that it began with alone") {
  const Old old;
  const std::string other = old.folder.file("other.tsv", "a b\tA B\nc\tC\nb c a\tB C B\n");
  old.check_kept("--resume --epochs 2 --train " + other, 1, "--train: need the text that the run in");
  old.check_kept("--resume --epochs 2 --valid " + other, 1, "--valid: need the text that the run in");
  const std::string moved = old.folder.file("moved.tsv", test::bytes_of(old.pairs));
  CHECK(program(old.folder, old.train + "--resume --epochs 2 --train " + moved).code == 0);
}

TEST_CASE("folder: a fine-tuned run is resumed like any other") {
  const Old old;
  const std::string fine = "train --train " + old.pairs + " --valid " + old.pairs + " --out " + old.folder.path("f") +
                           " --init-from " + old.out + " --freeze 'encoder.*' --patience 0 ";
  REQUIRE(program(old.folder, fine + "--epochs 1").code == 0);
  const Result resumed = program(old.folder, fine + "--epochs 2 --resume");
  CHECK_MESSAGE(resumed.code == 0, resumed.err);
}

TEST_CASE("folder: weights without a state are not trained over") {
  const Old old;
  std::filesystem::remove(old.out + "/state.safetensors");
  old.check_kept("--resume --epochs 2", 1, "need state.safetensors to go on, got weights alone");
}

TEST_CASE("folder: weights that are not finite are said to be so") {
  const Old old;
  SavedModel saved = ModelFolder(old.out).load();
  for (auto& [name, parameter] : saved.model->module().named_parameters())
    if (name == "v") nn::Parameter(parameter).assign(Tensor::full(parameter.shape(), std::nan("")));
  ModelFolder(old.out).save_weights(*saved.model);
  const std::string use = " --model " + old.out;
  const char* what = "model.safetensors: need finite weights, got NaN or infinity in 'v'";
  check_error(program(old.folder, "run" + use + " <" + old.source()), 1, what);
  check_error(program(old.folder, "eval" + use + " --src " + old.source() + " --ref " + old.source()), 1, what);
}
