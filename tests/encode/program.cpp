// The program `encode`, as a person meets it: lines and series to states and back; bad files, flags and folders; stops.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <cmath>

#include "data/read/npy.h"
#include "examples/encode/commands.h"
#include "tasks/encode/made_machine.h"
#include "tests/data/files.h"
#include "tests/support/program.h"
#include "tests/support/well_formed.h"

using namespace grus;
using namespace grus::tasks::encode;
using test::check_error;
using test::Folder;

namespace {

test::ProgramResult program(const Folder& folder, const std::string& arguments, const std::string& before = "") {
  return test::run_program(folder, "ENCODE", arguments, before);
}

/// 36 short sentences, of which each word stands in several.
std::string sentences() {
  std::string text;
  for (const char* who : {"tom", "the old man", "she"})
    for (const char* what : {"sees", "likes", "does not know"})
      for (const char* whom : {"mary", "a dog", "the house", "that book"})
        text += fmt::format("{} {} {}.\n", who, what, whom);
  return text;
}

/// A wave of two columns, and in the last fifth a fault every 30 rows.
std::string wave(bool gaps = false) {
  std::string text = "a,b,fault\n";
  for (int i = 0; i < 400; ++i) {
    const bool fault = i >= 320 && i % 30 < 3;
    const double x = std::sin(0.5 * i) + 0.05 * std::sin(static_cast<double>(i * i));
    text += gaps && i % 17 == 4 ? "NA" : fmt::format("{:.4f}", x + (fault ? 3 : 0));
    text += fmt::format(",{:.4f},{}\n", std::cos(0.5 * i), fault ? 1 : 0);
  }
  return text;
}

const std::string small_text =
    " --emb 16 --hidden 16 --latent 8 --batch 8 --hold 0.1 --threads 1 --epochs 2 --warmup 0 --schedule constant ";
const std::string small_series = " --window 8 --hidden 8 --latent 4 --threads 1 --epochs 3 --warmup 0 ";

int64_t lines_of(const std::string& text) { return std::count(text.begin(), text.end(), '\n'); }

}  // namespace

TEST_CASE("encode: each unit and form learns lines, is judged, gives states, neighbours and walks") {
  for (const char* more : {"--unit gru", "--unit lstm --layers 2 --directions one --word-dropout 0.2",
                           "--variational --anneal 10", "--tokenizer char --dropout 0"}) {
    CAPTURE(more);
    const Folder folder;
    const std::string text = folder.file("t.txt", sentences()), out = folder.path("m"), use = " --model " + out + " ";
    const auto trained = program(folder, "train --text " + text + small_text + more + " --out " + out);
    REQUIRE_MESSAGE(trained.code == 0, trained.err);
    CHECK(trained.out.find("word for word: ") != std::string::npos);
    const std::string page = test::bytes_of(out + "/report.html");
    for (const char* part : {"Brought back", "A map of lines", "From one line to another", "labelmap"})
      CHECK(page.find(part) != std::string::npos);
    CHECK((page.find("Lines from nowhere") != std::string::npos) ==
          (std::string(more).find("varia") != std::string::npos));

    const auto judged = program(folder, "eval" + use + "--data " + text + " --report " + folder.path("e.html"));
    CHECK_MESSAGE(judged.code == 0, judged.err);
    CHECK(judged.out.find("of 36 lines") != std::string::npos);
    CHECK((judged.out.find("KL") != std::string::npos) == (std::string(more).find("varia") != std::string::npos));
    const auto said = program(folder, "run" + use, "printf 'tom sees mary.\\nshe likes a dog.\\n' |");
    CHECK_MESSAGE(said.code == 0, said.err);
    CHECK(std::count(said.out.begin(), said.out.end(), '\t') == 2 * 8);
    test::check_packed(folder, "ENCODE", out, "run 'tom sees mary.'");
    CHECK(program(folder, "run" + use + "--out " + folder.path("s.npy") + " --data " + text).code == 0);
    CHECK(data::read_npy(folder.path("s.npy")).shape() == Shape({36, 8}));
    CHECK(lines_of(program(folder, "run" + use + "--decode 'tom sees mary.'").out) == 1);
    const auto near = program(folder, "neighbours" + use + "--top 3 'tom sees mary.'");
    CHECK_MESSAGE(near.code == 0, near.err);
    CHECK(lines_of(near.out) == 4);
    CHECK(near.out.find("  tom sees mary.") == std::string::npos);  // it is no neighbour of its own
    const auto walked = program(folder, "between" + use + "--steps 4 'tom sees mary.' 'she likes a dog.'");
    CHECK_MESSAGE(walked.code == 0, walked.err);
    CHECK(lines_of(walked.out) == 4);
  }
}

TEST_CASE(
    "encode: lines come back word for word once the model has learnt them, and their states do not depend on the "
    "batch") {
  const Folder folder;
  const std::string text = folder.file("t.txt", sentences()), out = folder.path("m"), use = " --model " + out + " ";
  const auto trained = program(
      folder, "train --text " + text + " --valid " + text + small_text +
                  "--emb 32 --hidden 48 --latent 32 --dropout 0 --epochs 120 --lr 0.005 --schedule cosine --out " +
                  out);
  REQUIRE_MESSAGE(trained.code == 0, trained.err);
  CHECK_MESSAGE(program(folder, "eval" + use + "--data " + text).out.find("word for word 100.00 % of 36 lines") == 0,
                trained.out);
  const std::string lines = "printf 'the old man does not know that book.\\ntom sees mary.\\n\\n' |";
  CHECK(
      program(folder, "run --decode" + use, lines).out.find("the old man does not know that book.\ntom sees mary.\n") ==
      0);
  CHECK(program(folder, "run --decode --batch 1" + use, lines).out == program(folder, "run --decode" + use, lines).out);
  const auto walked = program(folder, "between --steps 2" + use + "'she likes a dog.' 'tom sees mary.'");
  CHECK(walked.out == "she likes a dog.\ntom sees mary.\n");
}

TEST_CASE("encode: a series' windows are learnt, faults get the higher scores, scores and states are written") {
  for (const char* more : {"--unit gru", "--unit lstm --variational --anneal 5", "--layers 2"}) {
    CAPTURE(more);
    const Folder folder;
    const bool gaps = std::string(more).find("layers") != std::string::npos;
    const std::string table = folder.file("t.csv", wave(gaps)), out = folder.path("m"), use = " --model " + out + " ";
    const auto trained = program(
        folder, "train --series " + table + " --label fault" + small_series + "--lr 0.01 " + more + " --out " + out);
    REQUIRE_MESSAGE(trained.code == 0, trained.err);
    const auto judged = program(folder, "eval" + use + "--report " + folder.path("e.html"));
    REQUIRE_MESSAGE(judged.code == 0, judged.err);
    const size_t at = judged.out.find("area under the curve ");
    REQUIRE(at == 0);
    CHECK(std::stod(judged.out.substr(21)) > 0.8);
    for (const std::string& page : {out + "/report.html", folder.path("e.html")})
      CHECK(test::bytes_of(page).find("Faults found") != std::string::npos);
    const auto scores = program(folder, "run" + use);
    CHECK(scores.out.find("row,score,alarm,a,b\n1,") == 0);
    CHECK(lines_of(scores.out) == 401);
    test::check_packed(folder, "ENCODE", out, "run");
    CHECK(lines_of(program(folder, "run --batch 3" + use).out) == 401);
    CHECK(program(folder, "run" + use + "--out " + folder.path("s.tsv")).code == 0);
    CHECK(lines_of(test::bytes_of(folder.path("s.tsv"))) == 393);
  }
}

TEST_CASE("encode: the score of a row is the lower quartile of its windows' distances") {
  TrainOptions o;
  o.series = "x";
  o.window = 3;
  o.hidden = 2;
  o.latent = 1;
  data::Series series{.file = "x", .columns = {"a"}, .values = {1, 2, 3, 5, 4, 7, 1, 2, 3, 5}, .dates = {}};
  const data::TimeSplit split{.train = 4, .valid = 6, .test = 0};
  const data::SeriesLayout layout = data::SeriesLayout::of(series, split, 1, false, false);
  Detector d(o, layout);
  d.net.eval();
  Readings r{.series = series, .labels = {}, .scaled = layout.apply(series, 0), .split = split};
  d.calibrate(r);
  const Tensor all = d.net(d.windows(r, 0, 8)).y;  // (8, 3, 1)
  const std::vector<float> y = all.to_vector<float>();
  const Scored scored = d.score(r, 3);
  for (int64_t row = 0; row < 10; ++row) {
    std::vector<double> distances;
    for (int64_t w = std::max<int64_t>(0, row - 2); w <= std::min<int64_t>(7, row); ++w)
      distances.push_back(
          d.distance.scores({layout.scaler.scaled(series.at(row, 0), 0) - y[static_cast<size_t>(3 * w + row - w)]})[0]);
    std::sort(distances.begin(), distances.end());
    CHECK(scored.scores[static_cast<size_t>(row)] ==
          doctest::Approx(distances[(distances.size() - 1) / 4]).epsilon(1e-4));
  }
}

TEST_CASE("encode: a run that is stopped and resumed ends with the weights of one that never stopped") {
  for (const bool lines : {true, false}) {
    const Folder folder;
    const auto options = [&](const char* out) {
      TrainOptions o;
      if (lines) o.text = folder.file("t.txt", sentences());
      else o.series = folder.file("t.csv", wave()), o.label = "fault", o.window = 8;
      o.hold = 0.2;
      o.variational = true;
      o.anneal = 6;
      o.word_dropout = 0.3;
      o.embedding = o.hidden = o.latent = 8;
      o.training.batch = lines ? 8 : 64;
      o.training.epochs = 2;
      o.training.machine.threads = 1;
      o.training.overwrite = true;
      o.training.out = folder.path(out);
      return o;
    };
    TrainOptions whole = options("whole"), parts = options("parts");
    CHECK(train(whole, "") == 0);
    for (const int64_t steps : {1, 2, 4}) {
      parts.training.resume = steps > 1;
      parts.training.overwrite = steps == 1;
      parts.training.stop_after = steps;
      CHECK(train(parts, "") == 3);
    }
    if (!lines)
      check_error(program(folder, "eval --model " + folder.path("parts")), 1,
                  "need a training that ended, got one that");
    parts.training.stop_after = 0;
    CHECK(train(parts, "") == 0);
    for (const char* file : {"/model.safetensors", "/metrics.jsonl"})
      CHECK(test::bytes_of(folder.path("whole") + file) == test::bytes_of(folder.path("parts") + file));
  }
}

TEST_CASE("encode: every mistake is one line with its exit code, and leaves the model as it was") {
  const Folder folder;
  const std::string text = folder.file("t.txt", sentences()), out = folder.path("m"), use = " --model " + out,
                    made = " --text " + text + small_text + "--out " + out;
  REQUIRE(program(folder, "train" + made).code == 0);
  const std::string weights = test::bytes_of(out + "/model.safetensors");
  check_error(program(folder, "train" + made), 1, "holds a model already");
  check_error(program(folder, "train --out " + folder.path("n")), 2,
              "--text: need a file of lines, or --series a table");
  check_error(program(folder, "train" + made + " --series x.csv"), 2, "--series: need no --text beside it");
  check_error(program(folder, "train" + made + " --overwrite --window 8"), 2, "--window: need --series with it");
  check_error(program(folder, "train --series x.csv --emb 8 --out " + out), 2, "--emb: need --text with it");
  check_error(program(folder, "train" + made + " --overwrite --kl 1"), 2, "--kl: need --variational true with it");
  check_error(program(folder, "train" + made + " --overwrite --tokenizer bpe"), 2, "--vocab: need a size above 0");
  check_error(program(folder, "train" + made + " --resume --latent 9"), 2, "--latent: need 8 as in");
  check_error(program(folder, "train --text " + folder.path("none") + small_text + "--out " + folder.path("n")), 1,
              "none");
  check_error(program(folder, "train --text " + folder.file("e", "\n \n") + small_text + "--out " + folder.path("n")),
              1, "need lines with words, got none");
  check_error(program(folder, "train --text " + text + small_text + "--max-length 2 --out " + folder.path("n")), 1,
              "need lines of at most 2 pieces (--max-length), got none");
  CHECK(!std::filesystem::exists(folder.path("n")));
  check_error(program(folder, "eval" + use), 2, "--data: need a file of lines");
  check_error(program(folder, "eval --part valid --data " + text + use), 2, "--part: need a model of series");
  check_error(program(folder, "between" + use + " one"), 2, "need two lines, each in quotes, got 1");
  check_error(program(folder, "run --decode --out s.npy" + use + " x"), 2, "--out: need no --decode beside it");
  check_error(program(folder, "run --out s.txt" + use + " x"), 2, "--out: need a file .npy or .tsv, got s.txt");
  std::string longest;
  for (int i = 0; i < 50; ++i) longest += "tom ";
  check_error(program(folder, "run" + use, "printf 'tom\\n" + longest + "\\n' |"), 1,
              "standard input:2: need a line of at most 40 pieces (--max-length), got 50");
  check_error(program(folder, "run" + use, "printf 'a\\nb\\377\\n' |"), 1, "standard input:2: invalid UTF-8");
  CHECK(test::bytes_of(out + "/model.safetensors") == weights);
  folder.file("m/pieces.vocab", "<unk>\n");
  check_error(program(folder, "run x" + use), 1, "pieces.vocab: need the file with");
}

TEST_CASE("encode: a table that does not fit is one line that names it") {
  const Folder folder;
  const std::string table = folder.file("t.csv", wave()), out = folder.path("m"), use = " --model " + out;
  const auto refused = [&](const std::string& more, const std::string& what, int code = 1) {
    check_error(program(folder, "train --series " + table + small_series + "--out " + folder.path("n") + " " + more),
                code, what);
    CHECK(!std::filesystem::exists(folder.path("n")));
  };
  refused("--label none", "need a column of", 2);
  refused("--label b", "need 0 or 1 in the column 'b' of --label, got 0.8776 in row 2");
  refused("--window 300",
          "need at least the 300 rows of --window for training and for validation, got 240 and 80 of 400");
  refused("--split 1,2", "--split: need three shares", 2);
  refused("--columns a,x", "need a column of", 2);
  REQUIRE(program(folder, "train --series " + table + small_series + "--columns a,b --out " + out).code == 0);
  const auto unlabelled = program(folder, "eval" + use);
  CHECK(unlabelled.out.find("rows above the alarm") != std::string::npos);
  check_error(program(folder, "run" + use + " --data " + folder.file("o.csv", "a,c\n1,2\n")), 2, "need a column of");
  check_error(program(folder, "run" + use + " --data " + folder.file("s.csv", "a,b\n1,2\n")), 1,
              "need the 8 rows of a window, got 1");
  check_error(program(folder, "run" + use + " --decode"), 2, "--decode: need a model of lines");
  check_error(program(folder, "neighbours x" + use), 2, "--model: need a model of lines");
  check_error(program(folder, "between x y" + use), 2, "--model: need a model of lines");
}

TEST_CASE("encode: the planted faults are where the column says, one of each kind in turn") {
  const Folder folder;
  const data::Series series = data::read_series(folder.file("m.csv", machine_with_faults(3)));
  CHECK(series.rows() == 6000);
  const size_t fault = series.column("fault");
  int64_t rows = 0, spans = 0;
  for (int64_t i = 0; i < series.rows(); ++i) {
    rows += series.at(i, fault) == 1;
    spans += series.at(i, fault) == 1 && series.at(i - 1, fault) == 0;
    CHECK((i >= 4800 || series.at(i, fault) == 0));
  }
  CHECK(spans == 16);
  CHECK(rows == 230);
  CHECK(machine_with_faults(3) != machine_with_faults(4));
}
