// The program `forecast`, as a person meets it: what it trains, says and draws; bad tables, flags and folders; a kill.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <cmath>

#include "data/batch/series.h"
#include "tasks/forecast/forecaster.h"
#include "tests/data/files.h"
#include "tests/support/program.h"

using namespace grus;
using test::check_error;
using test::Folder;

namespace {

test::ProgramResult program(const Folder& folder, const std::string& arguments) {
  return test::run_program(folder, "FORECAST", arguments, "GRUS_NUM_THREADS=1");
}

/// Two columns of days in weeks: one goes up, one has gaps.
std::string table_of(int64_t rows, const std::string& header = "day,up,gaps", double factor = 1) {
  const data::DateAxis dates{.first = {.year = 2026}, .seconds = 86400, .rows = rows, .format = "%Y-%m-%d"};
  std::string text = header + "\n";
  for (int64_t i = 0; i < rows; ++i) {
    const double week = std::sin(2 * 3.14159265 * static_cast<double>(i % 7) / 7),
                 noise = std::sin(static_cast<double>(i * i));
    text +=
        fmt::format("{},{:.3f},", dates.text_at(i), factor * (100 + 0.2 * static_cast<double>(i) + 10 * week + noise));
    text += (i % 19 == 3 ? "NA" : fmt::format("{:.3f}", 5 + week * week + 0.1 * noise)) + "\n";
  }
  return text;
}

const std::string small = " --window 28 --horizon 5 --hidden 8 --epochs 3 --lr 0.01 ";

std::string train(const std::string& table, const std::string& out, const std::string& more = "") {
  return "train --data " + table + " --out " + out + small + more;
}

int64_t lines_of(const std::string& text) { return std::count(text.begin(), text.end(), '\n'); }

}  // namespace

TEST_CASE("forecast: trains, measures itself beside the baselines, and writes the rows behind the last one") {
  const Folder folder;
  const std::string table = folder.file("t.csv", table_of(200)), model = folder.path("m");
  const test::ProgramResult trained = program(folder, train(table, model));
  REQUIRE_MESSAGE(trained.code == 0, trained.err);
  for (const char* word : {"Validation:", "seasonal naive", "linear", "naive", "90 % intervals held"})
    CHECK_MESSAGE(trained.out.find(word) != std::string::npos, trained.out);

  const test::ProgramResult measured = program(folder, "eval --model " + model);
  REQUIRE_MESSAGE(measured.code == 0, measured.err);
  CHECK(measured.out.find("On 36 forecasts of 5 rows") != std::string::npos);  // 40 rows of the test less 4
  CHECK(test::bytes_of(folder.path("m/eval.html")).find("Beside the baselines") != std::string::npos);
  CHECK(program(folder, "eval --model " + model + " --part all --every 10 --report " + folder.path("all.html")).code ==
        0);

  const test::ProgramResult next = program(folder, "run --model " + model + " --draw " + folder.path("n.svg"));
  REQUIRE_MESSAGE(next.code == 0, next.err);
  CHECK(next.out.find("date,up,up_low,up_high,gaps,gaps_low,gaps_high\n2026-07-20,") == 0);
  CHECK(lines_of(next.out) == 6);
  test::check_packed(folder, "FORECAST", model, "run");
  CHECK(test::bytes_of(folder.path("n.svg")).find("<svg") != std::string::npos);
}

TEST_CASE("forecast: every decoder, norm and loss trains, with and without dates, in logarithms too") {
  const Folder folder;
  const std::string table = folder.file("t.csv", table_of(150)), model = folder.path("m");
  for (const char* more :
       {"--decoder autoregressive --norm revin --loss mae", "--norm mean --loss huber --linear",
        "--log --columns up --no-calendar --segment 4", "--season 14 --level 0.5 --split 90,30,30"}) {
    CAPTURE(more);
    const test::ProgramResult trained = program(folder, train(table, model, std::string("--overwrite ") + more));
    CHECK_MESSAGE(trained.code == 0, trained.err);
    CHECK(program(folder, "run --model " + model).code == 0);
  }
  const std::string bare = folder.file("b.csv", "1,2\n2,1\n3,3\n4,2\n5,4\n6,3\n7,5\n8,4\n9,6\n10,5\n11,7\n12,6\n");
  const test::ProgramResult trained = program(
      folder, "train --data " + bare +
                  " --no-header --window 2 --horizon 1 --hidden 4 --epochs 1 --split 6,3,3 --overwrite --out " + model);
  CHECK_MESSAGE(trained.code == 0, trained.err);
  CHECK(program(folder, "run --model " + model).out.find("row,1,1_low,1_high,2,2_low,2_high\n13,") == 0);
}

TEST_CASE("forecast: the naive forecast of a random walk is hard to beat, and the program says so") {
  const Folder folder;
  std::string text = "x\n";
  double x = 0;
  for (int i = 0; i < 120; ++i) text += fmt::format("{:.4f}\n", x += std::sin(static_cast<double>(i * i * i)));
  const test::ProgramResult trained =
      program(folder, train(folder.file("t.csv", text), folder.path("m"), "--lr 0.2 --dropout 0.5"));
  REQUIRE_MESSAGE(trained.code == 0, trained.err);
  CHECK_MESSAGE(trained.out.find("the model LOSES to") != std::string::npos, trained.out);
}

TEST_CASE("forecast: a table that cannot be forecast is one line that names it, and nothing is written") {
  const Folder folder;
  const auto refused = [&](const std::string& text, const std::string& what, const std::string& more = "",
                           int code = 1) {
    CAPTURE(what);
    check_error(program(folder, train(folder.file("bad.csv", text), folder.path("m"), more)), code, what);
    CHECK(!std::filesystem::exists(folder.path("m")));
  };
  refused(table_of(40),
          "bad.csv: need at least 33 rows for training (--window 28, --horizon 5) and 5 for validation, got 28 and 4 "
          "of 40");
  refused(table_of(200) + "2026-07-20,1\n", "bad.csv:202");
  refused(table_of(200) + "2026-07-20,1,x\n", "bad.csv:202:3: need a number in 'gaps', got 'x'");
  refused(table_of(200) + "2026-07-22,1,2\n",
          "bad.csv:202:1: need a row every 1 day, got '2026-07-22' after '2026-07-19'");
  refused(table_of(200) + "2026-07-01,1,2\n", "bad.csv:202:1: need dates in order");
  refused(table_of(200, "day,up,gaps", 0), "need a column that changes, got 'up', which is 0");
  std::string unknown = "a,b\n";
  for (int i = 0; i < 100; ++i) unknown += fmt::format("{},{}\n", i, i < 70 ? "NA" : "1");
  refused(unknown, "need a number of 'b' in the 70 rows of training, got none");
  std::string late = "a,b\n";
  for (int i = 0; i < 100; ++i) late += fmt::format("{},{}\n", i, i < 70 ? std::to_string(i) : "NA");
  refused(late, "need a known value of 'b' 1 rows ahead in rows 71 to 80, got none");
  refused(table_of(200), "need a column of", "--columns up,down", 2);
  refused(table_of(200), "need a column of", "--date when", 2);
  refused(table_of(200, "day,up,gaps", -1), "need numbers above 0 in 'up' for a log", "--log");
}

TEST_CASE("forecast: flags that do not fit the table or one another are one line and exit code 2") {
  const Folder folder;
  const std::string table = folder.file("t.csv", table_of(200)), out = folder.path("m");
  const auto refused = [&](const std::string& more, const std::string& what) {
    check_error(program(folder, train(table, out, more)), 2, what);
    CHECK(!std::filesystem::exists(out));
  };
  refused("--segment 5", "--segment: need a divisor of --window 28, got 5");
  refused("--season 30", "--season: need at most the 28 rows of --window, got 30");
  refused("--split 0.5,0.5", "--split: need three shares");
  refused("--split a,b,c", "--split: need three shares");
  refused("--split 0.9,0.2,0.1", "[split] need shares that add up to at most 1");
  refused("--horizon 0", "--horizon: need a whole number");
  refused("--decoder both", "--decoder");
  check_error(program(folder, "train --out " + out), 2, "--data: need a table, got none");
  check_error(program(folder, "run"), 2, "--model: need the folder of a model");
  check_error(program(folder, "run --model m --batch 3"), 2, "--batch");
}

TEST_CASE("forecast: a model refuses tables of other columns, other dates and too few rows, and folders of others") {
  const Folder folder;
  const std::string table = folder.file("t.csv", table_of(200)), model = folder.path("m");
  REQUIRE(program(folder, train(table, model)).code == 0);
  const auto refused = [&](const std::string& text, const std::string& what) {
    check_error(program(folder, "run --model " + model + " --data " + folder.file("other.csv", text)), 1, what);
  };
  refused(table_of(50, "day,up,down"),
          "other.csv: need the columns that the model was trained on, up, gaps, got up, down");
  refused(table_of(20), "other.csv: need the 28 rows of a window, got 20");
  refused("day,up,gaps\n2026-01,1,2\n2026-02,1,2\n", "need a date every 1 day as in training, got one every 1 month");
  refused("up,gaps\n1,2\n2,3\n", "need a date every 1 day as in training, got none");
  CHECK(program(folder, "run --model " + model + " --data " + folder.file("more.csv", table_of(60))).code == 0);
  check_error(program(folder, "run --model " + folder.path("none")), 1,
              "need the folder of a model, or a pack of one, got nothing");
  std::filesystem::remove(folder.path("m/baselines.safetensors"));
  check_error(program(folder, "run --model " + model), 1, "need a training that ended");
}

TEST_CASE(
    "forecast: a training that was stopped and resumed ends with equal weights, and with another table it does not go "
    "on") {
  const Folder folder;
  const std::string table = folder.file("t.csv", table_of(200));
  const std::string more = "--save-every 1 --epochs 6 ";
  REQUIRE(program(folder, train(table, folder.path("whole"), more)).code == 0);
  const std::string again = train(table, folder.path("stopped"), more);
  const test::ProgramResult stopped = program(folder, again + "--max-steps 4");
  REQUIRE_MESSAGE(stopped.code == 0, stopped.err);
  const test::ProgramResult resumed = program(folder, again + "--resume --max-steps 0");
  REQUIRE_MESSAGE(resumed.code == 0, resumed.err);
  CHECK(test::bytes_of(folder.path("stopped/model.safetensors")) ==
        test::bytes_of(folder.path("whole/model.safetensors")));
  folder.file("t.csv", table_of(210));
  check_error(program(folder, again + "--resume"), 2, "--data: need the data");
}
