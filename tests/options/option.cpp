#include "options/option.h"

#include <nlohmann/json.hpp>

#include "core/base/error.h"
#include "options/options_json.h"
#include "tests/data/files.h"

using namespace grus;
using grus::test::message_of;

namespace {

enum class Unit { gru, lstm };

struct Some {
  int64_t hidden = 64;
  double dropout = 0.1;
  bool resume = false;
  std::string out;
  Unit unit = Unit::gru;
  options::Table table() {
    return options::joined({
        options::of_model({{"hidden", "Model", &hidden, "size", 1, 100},
                           options::words("unit", "Model", options::choice(&unit), "of layers", {"gru", "lstm"})}),
        {options::formerly("drop", {"dropout", "Model", &dropout, "rate", 0, 1, true}),
         {"out", "Files", &out, "folder"}},
        options::unsaved({{"resume", "Files", &resume, "go on"}}),
    });
  }
};

}  // namespace

TEST_CASE("options: each row takes its value from text, and a former name is understood") {
  Some o;
  for (const auto& [flag, text] : options::Given{{"hidden", "7"}, {"drop", "0.5"}, {"unit", "lstm"}, {"out", "é"}}) {
    set(row_of(o.table(), flag), text);
    CHECK(text_of(row_of(o.table(), flag)) == text);
  }
  CHECK(o.hidden == 7);
  CHECK(o.dropout == 0.5);
  CHECK(o.unit == Unit::lstm);
  const auto message = [&](const char* flag, const char* text) {
    return message_of<UsageError>([&] { set(row_of(o.table(), flag), text); });
  };
  CHECK(message("hidden", "1e1") == "--hidden: need a whole number from 1 to 100, got '1e1'");
  CHECK(message("drop", "1") == "--dropout: need a number from 0 to below 1, got '1'");
  CHECK(message("unit", "GRU") == "--unit: need gru or lstm, got 'GRU'");
  CHECK(message("out", "\xff") == "--out: need text in UTF-8, got a bad byte at place 1");
  CHECK(message("lr", "1") == "--lr: there is no such option");
}

TEST_CASE("options: a file holds what can be saved, and what belongs to a command is not taken from it") {
  Some o, back;
  o.hidden = 9;
  o.unit = Unit::lstm;
  o.resume = true;
  const nlohmann::json json = to_json(o.table());
  CHECK(json.dump() == R"({"dropout":0.1,"hidden":9,"out":"","unit":"lstm"})");
  apply_json(back.table(), json, "f");
  CHECK(options::values_of(back.table()) ==
        options::Given{{"hidden", "9"}, {"unit", "lstm"}, {"dropout", "0.1"}, {"out", ""}, {"resume", "false"}});
  apply_json(back.table(), {{"resume", true}}, "f");
  CHECK_FALSE(back.resume);
  const auto message = [&](const nlohmann::json& text) {
    return message_of<DataError>([&] { apply_json(back.table(), text, "f.json"); });
  };
  CHECK(message({{"hidden", "wide"}}) == "f.json: --hidden: need a whole number from 1 to 100, got 'wide'");
  CHECK(message({{"depth", 1}}) == "f.json: --depth: there is no such option");
  CHECK(message({{"hidden", nullptr}}) == "f.json: need a value for 'hidden', got null");
  CHECK(message({1, 2}) == "f.json: need an object of options, got [1,2]");
}

TEST_CASE("options: a saved model's rows stay, and a flag that is not read is refused") {
  Some o, saved;
  o.dropout = 0.3;
  CHECK_NOTHROW(require_same(o.table(), options::values_of(saved.table()), "m"));
  CHECK(message_of<UsageError>([&] { require_same(o.table(), options::values_of(saved.table()), "m", {"dropout"}); }) ==
        "--dropout: need 0.1 as in m, got 0.3");
  o.hidden = 65;
  CHECK(message_of<UsageError>([&] { require_same(o.table(), options::values_of(saved.table()), "m"); }) ==
        "--hidden: need 64 as in m, got 65");
  CHECK_NOTHROW(require_read({{"out", "x"}}, o.table(), {{"dropout", false, "lstm", "unit"}}));
  CHECK(message_of<UsageError>([&] {
          require_read({{"dropout", "0"}}, o.table(), {{"dropout", false, "lstm", "unit"}});
        }) == "--dropout: need --unit lstm with it, got gru");
}
