// The program `compose`, as a person meets it.
#include <doctest/doctest.h>

#include <cmath>

#include "core/base/error.h"
#include "data/music/midi.h"
#include "examples/compose/commands.h"
#include "ops/math/elementwise.h"
#include "tasks/compose/made_chorales.h"
#include "tasks/compose/training.h"
#include "tests/support/program.h"
#include "tests/support/resumed.h"

using namespace grus;
using namespace grus::tasks::compose;
using test::check_error;

namespace {

const std::string small = " --hidden 8 --batch 2 --threads 1 --schedule constant --epochs 2 ";
const char* const pieces =
    R"({"train": [[[60, 64], [62], [], [64, 67]], [[48], [50, 60]]], "valid": [[[60], [64]]], "test": [[[62], [65, 69]]]})";

test::ProgramResult program(const test::Folder& folder, const std::string& arguments, const std::string& before = "") {
  return test::run_program(folder, "COMPOSE", arguments, before);
}

}  // namespace

TEST_CASE("compose: every unit and kind of outputs trains, is judged and composes") {
  for (const char* more : {"--unit gru --outputs chained", "--unit lstm --outputs independent --layers 2"}) {
    CAPTURE(more);
    const test::Folder folder;
    const std::string data = folder.file("p.json", pieces), model = folder.path("m");
    const auto made = program(folder, "train --train " + data + small + more + " --out " + model);
    CHECK_MESSAGE(made.code == 0, made.err);
    CHECK(made.out.find("test: ") != std::string::npos);
    CHECK(test::bytes_of(model + "/report.html").find("What it composes") != std::string::npos);
    const auto judged =
        program(folder, "eval --part test --model " + model + " --data " + data + " --out " + folder.path("e.html"));
    CHECK_MESSAGE(judged.code == 0, judged.err);
    CHECK(judged.out.find("nats a step of 2 steps in 1 pieces") != std::string::npos);
    test::check_packed(folder, "COMPOSE", model, "eval --data " + data);
    const std::string asked =
        "run --model " + model + " --opening " + data + " --piece 4 --steps 5 --temperature 2 --struck --out ";
    CHECK(program(folder, asked + folder.path("a.mid") + " --page " + folder.path("p.html")).code == 0);
    CHECK(program(folder, asked + folder.path("b.mid")).code == 0);
    CHECK(program(folder, asked + folder.path("c.mid") + " --seed 2").code == 0);
    CHECK(test::bytes_of(folder.path("a.mid")) == test::bytes_of(folder.path("b.mid")));
    CHECK(test::bytes_of(folder.path("a.mid")) != test::bytes_of(folder.path("c.mid")));
    const data::Piece piece = data::piece_of(data::read_midi(folder.path("a.mid")), 1);
    REQUIRE(piece.size() >= 2);
    CHECK(piece[0] == data::Chord{62});
    CHECK(piece[1] == data::Chord{65, 69});
    CHECK(test::bytes_of(folder.path("p.html")).find("<svg") != std::string::npos);
  }
}

TEST_CASE("compose: a player's probabilities are those of the whole piece, and the cost does not depend on the batch") {
  Rng rng(3);
  for (const Outputs outputs : {Outputs::independent, Outputs::chained}) {
    Composer model({.outputs = outputs, .hidden = 12}, rng);
    model.eval();
    if (outputs == Outputs::chained) model.chain.assign(random_normal({88, 88}, 0, 3, rng));
    const std::vector<data::Piece> some = {made_chorale(rng), made_chorale(rng), {{60}}};
    const Figures all = figures_of(model, some, 3), one = figures_of(model, some, 1);
    CHECK(all.nats == doctest::Approx(one.nats).epsilon(1e-5));
    CHECK(all.steps == 65);
    // Independent keys at temperature 0 are those of probability above 1/2.
    if (outputs == Outputs::chained) continue;
    Player player(model);
    for (size_t t = 0; t < 5; ++t) {
      const data::Chord drawn = player.draw(0, rng);
      for (int32_t key = 21; key < 109; ++key) {
        const float p = all.expected[0][t * 88 + static_cast<size_t>(key - 21)];
        if (std::abs(p - 0.5F) > 1e-4F) CHECK(std::count(drawn.begin(), drawn.end(), key) == (p > 0.5F));
      }
      player.read(some[0][t]);
    }
  }
}

TEST_CASE("compose: chained keys know those above them, in costs as in draws") {
  Rng rng(4);
  Composer model({.outputs = Outputs::chained, .hidden = 4}, rng);
  model.eval();
  std::vector<float> chain(88 * 88, 0), bias(88, -20);
  bias[60 - 21] = 20;                      // 60 always sounds
  chain[(60 - 21) * 88 + (48 - 21)] = 40;  // and 48 below it
  chain[(60 - 21) * 88 + (72 - 21)] = 40;  // which nothing below can bring about
  model.chain.assign(Tensor::from(chain, {88, 88}));
  model.output.bias.assign(Tensor::from(bias));
  CHECK(Player(model).draw(1, rng) == data::Chord{48, 60});
  CHECK(figures_of(model, {{{48, 60}}}, 1).nats < 1e-2);
  CHECK(figures_of(model, {{{60}}}, 1).nats > 15);
}

TEST_CASE("compose: a run that is stopped and resumed ends with the weights of one that never stopped") {
  const test::Folder folder;
  TrainOptions o;
  o.train = folder.file("p.json", pieces);
  o.model.hidden = 8;
  o.training.batch = 1;
  o.training.epochs = 3;
  test::check_resumed(folder, o, train, {1, 4});
}

TEST_CASE("compose: tunes in ABC become MIDI files and pictures") {
  const test::Folder folder;
  const auto played = program(folder, "play --out " + folder.path("t.mid") + " --page " + folder.path("t.html"),
                              "printf 'X:1\\nT:A <tune>\\nL:1/4\\nK:D\\n\"D\"DF A2|\\n' |");
  CHECK_MESSAGE(played.code == 0, played.err);
  CHECK(played.out.find("A <tune>: 6 notes, 2 s") != std::string::npos);
  CHECK(data::read_midi(folder.path("t.mid")).notes.size() == 6);
  CHECK(test::bytes_of(folder.path("t.html")).find("A &lt;tune&gt;") != std::string::npos);
}

TEST_CASE("compose: every mistake is one line with its exit code") {
  const test::Folder folder;
  const std::string data = folder.file("p.json", pieces), model = folder.path("m");
  REQUIRE(program(folder, "train --train " + data + small + "--out " + model).code == 0);
  const std::string weights = test::bytes_of(model + "/model.safetensors");
  const std::string again = "train" + small + "--overwrite --out " + model + " --train ";
  check_error(program(folder, "train --out " + model), 2, "--train: need pieces, got none");
  check_error(program(folder, again + folder.file("x.json", "[[[200]]]")), 1,
              "piece 1, step 1: need keys of 21 to 108, got 200");
  check_error(program(folder, again + folder.file("y.json", R"({"test": [[[60]]]})")), 1, "need pieces to learn from");
  check_error(program(folder, again + folder.file("z.json", "[[[60]], [[62]]]") + " --hold-valid 0"), 2,
              "--hold-valid: need a share above 0");
  check_error(program(folder, again + folder.file("bad.mid", "MThd")), 1, "bad.mid: need");
  check_error(program(folder, "eval --model " + model), 2, "--data: need pieces");
  check_error(program(folder, "eval --part valid --model " + model + " --data " + folder.path("z.json")), 1,
              "need pieces of part 'valid'");
  check_error(
      program(folder, "run --model " + model + " --opening " + data + " --piece 9 --out " + folder.path("a.mid")), 2,
      "--piece: need 1 to 4");
  check_error(program(folder, "run --model " + model + " --piece 2"), 2, "--piece: need --opening a file with it");
  check_error(program(folder, "run --model " + model + " --out " + folder.path("no/where.mid")), 1, "where.mid");
  check_error(program(folder, "play --out " + folder.path("a.mid"), "printf 'X:1\\n' |"), 1,
              "standard input: need a note, got none");
  check_error(program(folder, "play --tune 2 --out " + folder.path("a.mid"), "printf 'C' |"), 2, "--tune: need 1 to 1");
  CHECK_FALSE(std::filesystem::exists(folder.path("a.mid")));
  CHECK(test::bytes_of(model + "/model.safetensors") == weights);
}

TEST_CASE("compose: without a command it learns what a triad is") {
  const test::Folder folder;
  const auto shown = program(folder, "", "cd " + folder.root().string() + " &&");
  CHECK_MESSAGE(shown.code == 0, shown.err);
  const size_t at = shown.out.find(" % of the chords");
  REQUIRE(at != std::string::npos);
  CHECK(std::atof(shown.out.c_str() + shown.out.rfind('\n', at)) > 60);
  CHECK(data::read_midi(folder.path("compose-demo/composed.mid")).notes.size() > 20);
}
