// The program `listen`, as a person meets it.
#include <doctest/doctest.h>

#include <cmath>

#include "core/base/error.h"
#include "data/read/wav.h"
#include "examples/listen/commands.h"
#include "tasks/listen/made_words.h"
#include "tests/support/program.h"
#include "tests/support/resumed.h"
#include "tests/support/skip.h"

using namespace grus;
using namespace grus::tasks::listen;
using test::check_error;

namespace {

const std::string small =
    " --hidden 8 --bands 8 --batch 4 --threads 1 --schedule constant --hop 0.03 --window 0.03 --layers 1 --epochs 2 ";

test::ProgramResult program(const test::Folder& folder, const std::string& arguments, const std::string& before = "") {
  return test::run_program(folder, "LISTEN", arguments, before);
}

// Writes three recordings of each word into the folder "w" and returns its path.
std::string recordings(const test::Folder& folder, const std::vector<std::string>& words) {
  const std::string path = folder.path("w");
  std::filesystem::create_directories(path);
  Rng rng(1);
  for (const std::string& word : words)
    for (const char* end : {"_a.wav", "_b.wav", "_c.wav"})
      data::write_wav(path + "/" + word + end, Tensor::from(spoken(word, draw_voice(rng), rng)), 8000);
  return path;
}

std::string trained(const test::Folder& folder, const std::string& words, const std::string& more = "") {
  return "train --train " + words + " --valid-files '*_c.wav'" + small + more + " --out " + folder.path("m");
}

}  // namespace

TEST_CASE("listen: words and letters train, are judged, and are heard in files") {
  if (!data::has_fourier_transform()) return test::skip("built without KISS FFT");
  for (const char* more : {"--target words --pool attention", "--target words --pool last --level bands",
                           "--target letters", "--pool mean --layers 2 --test-files '*_b.wav'"}) {
    CAPTURE(more);
    const test::Folder folder;
    const std::string words = recordings(folder, {"masi", "tunu"}), model = folder.path("m");
    const auto made = program(folder, trained(folder, words, more));
    CHECK_MESSAGE(made.code == 0, made.err);
    CHECK(made.out.find("words right") != std::string::npos);
    CHECK(test::bytes_of(model + "/report.html").find("log-mel frames of") != std::string::npos);
    const auto judged = program(
        folder, "eval --model " + model + " --data " + words + " --files '*_a*' --out " + folder.path("e.html"));
    CHECK_MESSAGE(judged.code == 0, judged.err);
    CHECK(judged.out.find("of 2 words right") != std::string::npos);
    CHECK(test::bytes_of(folder.path("e.html")).find("Mistakes") != std::string::npos);
    const auto heard =
        program(folder, "run --top 2 --model " + model + " --page " + folder.path("p.html") + " " + words + "/*.wav");
    CHECK_MESSAGE(heard.code == 0, heard.err);
    CHECK(std::count(heard.out.begin(), heard.out.end(), '\n') == 6);
    CHECK(test::bytes_of(folder.path("p.html")).find("mask id=") != std::string::npos);
    test::check_packed(folder, "LISTEN", model, "run " + words + "/*.wav");
  }
}

TEST_CASE("listen: what is heard does not depend on the batch") {
  if (!data::has_fourier_transform()) return test::skip("built without KISS FFT");
  for (const Target target : {Target::words, Target::letters}) {
    const test::Folder folder;
    const std::string words = recordings(folder, {"masi", "tunun"});
    REQUIRE(program(folder, trained(folder, words, target == Target::words ? "" : "--target letters")).code == 0);
    const Loaded loaded = load({.model = folder.path("m"), .machine = {}});
    const auto sounds = read_sounds(words, loaded.hearing.sound);
    const auto all = hear(*loaded.model, loaded.hearing, sounds, 6),
               one = hear(*loaded.model, loaded.hearing, sounds, 1);
    for (size_t i = 0; i < all.size(); ++i) {
      CHECK(all[i].spelt == one[i].spelt);
      CHECK(std::abs(all[i].probabilities[0] - one[i].probabilities[0]) < 1e-5F);
    }
  }
}

TEST_CASE("listen: labels become words, a table names files, and a higher rate is brought down") {
  if (!data::has_fourier_transform()) return test::skip("built without KISS FFT");
  const test::Folder folder;
  Rng rng(2);
  std::string table;
  for (const char* name : {"a.wav", "b.wav", "c.wav", "d.wav"}) {
    const bool first = name[0] < 'c';
    data::write_wav(folder.path(name), Tensor::from(spoken(first ? "ma" : "ti", {}, rng)), 16000);
    table += std::string(name) + "\t" + (first ? "0" : "1") + "\n";
  }
  const std::string data = folder.file("t.tsv", table), words = folder.file("words.tsv", "0\tnull\n1\teins\n");
  const auto made = program(folder, "train --train " + data + " --valid " + data + " --words " + words + small +
                                        " --out " + folder.path("m"));
  CHECK_MESSAGE(made.code == 0, made.err);
  std::filesystem::remove(words);  // the model keeps what it needs
  CHECK(program(folder, "eval --model " + folder.path("m") + " --data " + data).code == 0);
  const auto heard = program(folder, "run --top 2 --model " + folder.path("m") + " " + folder.path("a.wav"));
  CHECK(heard.out.find("null\t") != std::string::npos);
  CHECK(heard.out.find("eins\t") != std::string::npos);
}

TEST_CASE("listen: a run that is stopped and resumed ends with the weights of one that never stopped") {
  if (!data::has_fourier_transform()) return test::skip("built without KISS FFT");
  const test::Folder folder;
  const std::string words = recordings(folder, {"masi", "tunu"});
  TrainOptions o;
  o.train = o.valid = words;
  o.model.hidden = o.model.bands = 8;
  o.sound.hop = o.sound.window = 0.03;
  o.training.batch = 2;
  o.training.epochs = 2;
  test::check_resumed(folder, o, train, {1, 4});
}

TEST_CASE("listen: every mistake is one line with its exit code, and leaves the model as it was") {
  if (!data::has_fourier_transform()) return test::skip("built without KISS FFT");
  const test::Folder folder;
  const std::string words = recordings(folder, {"masi", "tunu"}), model = folder.path("m");
  REQUIRE(program(folder, trained(folder, words)).code == 0);
  const std::string weights = test::bytes_of(model + "/model.safetensors");
  const auto tone = [&](const char* name, int64_t count, int64_t rate) {
    data::write_wav(folder.path(name), Tensor::full({count}, 0.1), rate);
    return folder.path(name);
  };
  const std::string again = trained(folder, words, "--overwrite");
  check_error(program(folder, "train --out " + model), 2, "--train: need recordings, got none");
  check_error(program(folder, again + " --valid " + words), 2, "--valid-files: need no --valid with it");
  check_error(program(folder, again + " --target letters --pool max"), 2, "--pool: need --target words with it");
  check_error(program(folder, again + " --valid-files '*_z*'"), 2,
              "--valid-files: need some of the recordings, got none");
  check_error(program(folder, again + " --valid-files '*'"), 2, "got all with '*'");
  check_error(program(folder, again + " --hop 2"), 2, "--hop");
  check_error(program(folder, again + " --low 4000"), 2, "need 0 <= low < high");
  check_error(program(folder, again + " --words " + folder.file("x.tsv", "masi\tm\n")), 1, "need a label that");
  check_error(program(folder, again + " --words " + folder.file("y.tsv", "masi m\n")), 1,
              "y.tsv:1: need LABEL<TAB>WORD");
  check_error(program(folder, again + " --test " + folder.file("t.tsv", "w/masi_a.wav\tother\n")), 1,
              "t.tsv:1: need a word of the training, one of masi, tunu, got 'other'");
  check_error(program(folder, again + " --target letters --test " + folder.path("t.tsv")), 1,
              "need letters of the training, some of aimnstu, got 'o' in 'other'");
  check_error(program(folder, again + " --train " + folder.file("one.tsv", "w/masi_a.wav\tm\nw/masi_c.wav\tm\n")), 1,
              "need recordings of at least two words");
  check_error(program(folder, "eval --model " + model), 2, "--data: need recordings, got none");
  check_error(program(folder, "eval --model " + model + " --data " + words + " --files x"), 2, "--files: need some");
  check_error(program(folder, "run --model " + model), 2, "need .wav files, got none");
  check_error(program(folder, "run --lexicon --model " + model + " " + words + "/masi_a.wav"), 2,
              "need a model of letters");
  check_error(program(folder, "run --model " + model + " " + tone("slow.wav", 800, 4000)), 1,
              "slow.wav: need a rate from 8000");
  check_error(program(folder, "run --model " + model + " " + tone("none.wav", 0, 8000)), 1,
              "none.wav: need samples, got none");
  check_error(program(folder, "run --model " + model + " " + tone("long.wav", 8000 * 31, 8000)), 1,
              "long.wav: need at most 30 seconds");
  check_error(program(folder, "run --model " + model + " " + folder.file("a.wav", "no sound at all")), 1,
              "a.wav: need 'RIFF");
  check_error(program(folder, "run --model " + model + " " +
                                  folder.file("cut.wav", test::bytes_of(words + "/masi_a.wav").substr(0, 100))),
              1, "cut.wav: need");
  CHECK(program(folder, "run --model " + model + " " + tone("short.wav", 1, 8000)).code == 0);
  CHECK(test::bytes_of(model + "/model.safetensors") == weights);
}

TEST_CASE("listen: without a command it spells words that it has never met") {
  if (!data::has_fourier_transform()) return test::skip("built without KISS FFT");
  const test::Folder folder;
  const auto shown = program(folder, "", "cd " + folder.root().string() + " &&");
  CHECK_MESSAGE(shown.code == 0, shown.err);
  CHECK(shown.out.find("Now you") != std::string::npos);
  const size_t at = shown.out.find("letter error rate ");
  REQUIRE(at != std::string::npos);
  CHECK(std::atof(shown.out.c_str() + at + 18) < 10);
}
