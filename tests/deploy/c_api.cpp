// The C API: what it says is what the programs say, and whatever is wrong is a status and a sentence.
#include <doctest/doctest.h>

#include <cmath>
#include <thread>
#include <vector>

#include "deploy/c/grus_c.h"
#include "tests/deploy/models.h"

using grus::test::packed_models;

namespace {

struct Model {
  explicit Model(const char* task) { REQUIRE(grus_open(packed_models().at(task).pack.c_str(), &model) == GRUS_OK); }
  ~Model() { grus_close(model); }
  Model(const Model&) = delete;
  operator grus_model*() const { return model; }
  grus_model* model = nullptr;
};

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  for (size_t begin = 0; begin < text.size();) {
    const size_t end = std::min(text.find('\n', begin), text.size());
    lines.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return lines;
}

std::vector<const char*> pointers(const std::vector<std::string>& lines) {
  std::vector<const char*> all;
  for (const std::string& line : lines) all.push_back(line.c_str());
  return all;
}

std::string said(grus_model* model, const std::string& input) {
  const std::vector<std::string> lines = lines_of(input);
  const std::vector<const char*> all = pointers(lines);
  grus_answers* answers = nullptr;
  REQUIRE_MESSAGE(grus_run(model, all.data(), all.size(), &answers) == GRUS_OK, grus_error());
  std::string text;
  for (size_t i = 0; i < grus_answer_count(answers); ++i) text += std::string(grus_answer(answers, i)) + "\n";
  CHECK(grus_answer(answers, grus_answer_count(answers)) == nullptr);
  grus_answers_free(answers);
  return text;
}

void check_failed(grus_status got, grus_status wanted, const char* what) {
  CHECK(got == wanted);
  CHECK_MESSAGE(std::string(grus_error()).find(what) != std::string::npos, grus_error());
}

}  // namespace

TEST_CASE("c api: a model from a file and one from memory say what the program says") {
  for (const auto& [task, packed] : packed_models()) {
    CAPTURE(task);
    const Model model(task.c_str());
    CHECK(task.starts_with(grus_task(model)));
    if (task == "write") CHECK(grus_set(model, "length", "20") == GRUS_OK);
    CHECK(said(model, packed.input) == packed.said);
    const std::string bytes = grus::test::bytes_of(packed.pack);
    grus_model* copy = nullptr;
    REQUIRE_MESSAGE(grus_open_memory(bytes.data(), bytes.size(), "bytes", &copy) == GRUS_OK, grus_error());
    if (task == "write") CHECK(grus_set(copy, "length", "20") == GRUS_OK);
    CHECK(said(copy, packed.input) == packed.said);
    grus_close(copy);
  }
}

TEST_CASE("c api: translations come with their attention, whose rows sum to 1") {
  const Model model("translate");
  const char* lines[] = {"a b c", ""};
  grus_answers* answers = nullptr;
  REQUIRE(grus_translate(model, lines, 2, &answers) == GRUS_OK);
  size_t targets = 0, sources = 0;
  const float* weights = grus_attention(answers, 0, &targets, &sources);
  REQUIRE(sources == 3);
  for (size_t row = 0; row < targets; ++row) {
    double sum = 0;
    for (size_t column = 0; column < sources; ++column) sum += weights[row * sources + column];
    CHECK(sum == doctest::Approx(1));
  }
  CHECK(grus_source_piece(answers, 0, 1) == std::string("b"));
  CHECK(grus_target_piece(answers, 0, targets) == nullptr);
  CHECK(grus_log_probability(answers, 0) < 0);
  CHECK(grus_attention(answers, 1, &targets, &sources) == nullptr);
  CHECK(grus_attention(answers, 9, nullptr, nullptr) == nullptr);
  grus_answers_free(answers);
}

TEST_CASE("c api: classes have probabilities that sum to 1, and suggestions are words") {
  const Model model("classify");
  REQUIRE(grus_class_count(model) == 2);
  CHECK(grus_class_name(model, 0) == std::string("bad"));
  CHECK(grus_class_name(model, 2) == nullptr);
  const char* lines[] = {"so fine", "poor"};
  float p[4] = {};
  REQUIRE(grus_classify(model, lines, 2, p) == GRUS_OK);
  CHECK(p[0] + p[1] == doctest::Approx(1));
  const Model writer("write");
  grus_answers* answers = nullptr;
  REQUIRE_MESSAGE(grus_suggest(writer, "the ", 2, &answers) == GRUS_OK, grus_error());
  CHECK(grus_answer_count(answers) <= 2);
  for (size_t i = 0; i < grus_answer_count(answers); ++i) CHECK(grus_probability(answers, i) <= 1);
  grus_answers_free(answers);
}

TEST_CASE("c api: numbers that are forecast are those that the program prints") {
  const Model model("forecast");
  size_t window = 0, horizon = 0, columns = 0;
  REQUIRE(grus_forecast_sizes(model, &window, &horizon, &columns) == GRUS_OK);
  CHECK(window == 12);
  REQUIRE(columns == 2);
  CHECK(grus_column_name(model, 1) == std::string("down"));
  const std::vector<std::string> table = lines_of(packed_models().at("forecast").input);
  std::vector<double> values;
  std::vector<std::string> dates;
  for (size_t row = 1; row < table.size(); ++row) {
    const size_t first = table[row].find(','), second = table[row].find(',', first + 1);
    dates.push_back(table[row].substr(0, first));
    values.push_back(std::stod(table[row].substr(first + 1)));
    values.push_back(std::stod(table[row].substr(second + 1)));
  }
  std::vector<float> y(3 * horizon * columns);
  REQUIRE_MESSAGE(grus_forecast(model, values.data(), dates.size(), pointers(dates).data(), y.data()) == GRUS_OK,
                  grus_error());
  const std::vector<std::string> said = lines_of(packed_models().at("forecast").said);
  size_t at = 0;
  for (size_t part = 0; part < 3; ++part) {  // the forecast, and the ends of its interval
    at = said[1].find(',', at) + 1;
    CHECK(y[part * horizon * columns] == doctest::Approx(std::stod(said[1].substr(at))).epsilon(1e-5));
  }
  check_failed(grus_forecast(model, values.data(), 3, nullptr, y.data()), GRUS_USAGE, "need at least 12 rows");
  check_failed(grus_forecast(model, values.data(), dates.size(), nullptr, y.data()), GRUS_USAGE,
               "need a date for each");
}

TEST_CASE("c api: whatever is wrong is a status and a sentence, and nothing is made") {
  grus_model* none = nullptr;
  check_failed(grus_open("/none", &none), GRUS_DATA, "/none: need a packed model");
  check_failed(grus_open(nullptr, &none), GRUS_USAGE, "need a path, got NULL");
  check_failed(grus_open("/none", nullptr), GRUS_USAGE, "need a place for the model, got NULL");
  check_failed(grus_open_memory("GRUSPACK", 8, "mine", &none), GRUS_DATA, "mine: need a list of its files");
  CHECK(none == nullptr);
  const Model model("translate");
  check_failed(grus_set(model, "beam", "x"), GRUS_USAGE, "--beam: need a whole number");
  check_failed(grus_set(model, "none", "1"), GRUS_USAGE, "--none: there is no such option");
  CHECK(grus_get(model, "beam") == std::string("5"));
  CHECK(grus_get(model, "none") == nullptr);
  grus_answers* answers = nullptr;
  const char* lines[] = {"a", "b\xff"};
  check_failed(grus_run(model, lines, 2, &answers), GRUS_DATA, "line 2: invalid UTF-8 at byte 2");
  lines[1] = nullptr;
  check_failed(grus_run(model, lines, 2, &answers), GRUS_USAGE, "need a text for line 2, got NULL");
  float p = 0;
  check_failed(grus_classify(model, lines, 1, &p), GRUS_USAGE, "need a model of classify, got one of translate");
  CHECK(grus_class_count(model) == 0);
  CHECK(answers == nullptr);
  grus_close(nullptr);
  grus_answers_free(nullptr);
}

TEST_CASE("c api: models on several threads do not disturb one another") {
  const grus::test::PackedModel& packed = packed_models().at("translate");
  std::vector<std::string> all(3);
  std::vector<std::thread> threads;
  for (std::string& one : all)
    threads.emplace_back([&] {
      grus_model* model = nullptr;
      grus_answers* answers = nullptr;
      const char* lines[] = {"a b c"};
      if (grus_open(packed.pack.c_str(), &model) == GRUS_OK && grus_run(model, lines, 1, &answers) == GRUS_OK)
        one = grus_answer(answers, 0);
      grus_answers_free(answers);
      grus_close(model);
    });
  for (std::thread& thread : threads) thread.join();
  for (const std::string& one : all) CHECK(one + "\n" == packed.said.substr(0, packed.said.find('\n') + 1));
}
