#include "core/base/json.h"

#include <doctest/doctest.h>

#include <cmath>

#include "core/base/error.h"
#include "core/base/printable.h"

using namespace grus;
using json::Json;

namespace {

template <class Call>
std::string message(Call call) {
  try {
    call();
  } catch (const DataError& error) {
    return error.what();
  }
  return "nothing thrown";
}

std::string refused_text(const std::string& text) {
  return message([&] { json::parse(text, "a.json"); });
}

}  // namespace

TEST_CASE("json: values of every kind come as the library has them") {
  const std::string text = R"({"a": [1, -2, 3.5, 1e300], "b": {"c": null}, "d": "ü\n", "e": [true, false, {}, []]})";
  CHECK(json::parse(text, "a.json") == Json::parse(text));
  for (const char* one : {"1", "\"x\"", "[]", "{}", "null", " true "})
    CHECK(json::parse(one, "a.json") == Json::parse(one));
}

TEST_CASE("json: what is none is refused with the file and the byte") {
  CHECK(refused_text("") == "a.json: need JSON, got an error at byte 1");
  CHECK(refused_text("{\"a\": }") == "a.json: need JSON, got an error at byte 7");
  CHECK(refused_text("{} x") == "a.json: need JSON, got an error at byte 4");
  CHECK(refused_text("\"\xff\"") == "a.json: need JSON, got an error at byte 2");
  CHECK(refused_text("[1e999]").starts_with("a.json: need JSON, got an error at byte"));
}

TEST_CASE("json: a member that comes twice is refused, at any depth") {
  CHECK(refused_text(R"({"a": 1, "a": 1})") == "a.json: need each name once, got 'a' twice");
  CHECK(refused_text(R"([{"b": {"x\n": 1, "x\n": 2}}])") == "a.json: need each name once, got 'x\\x0a' twice");
}

TEST_CASE("json: nesting is bounded, and a hundred thousand brackets are no more than too many") {
  for (const std::string bracket : {"[", "{\"a\":"}) {
    std::string text;
    for (int n = 0; n < 100000; ++n) text += bracket;
    CHECK(refused_text(text) == "a.json: need JSON nested at most 8 deep, got more");
  }
  CHECK(json::parse("[[[[[[[[1]]]]]]]]", "a.json").is_array());
}

TEST_CASE("json: members are of their type and within their limits, or the message says what was due") {
  const Json object = json::parse(R"({"n": 5, "huge": 18446744073709551615, "x": 1.5, "null": null, "s": "t", "b": true,
      "a": [1]})",
                                  "f");
  const json::Members members(object, "f");
  CHECK(members.whole("n", 0, 5) == 5);
  CHECK(members.number("x") == 1.5);
  CHECK(members.number("n") == 5);
  CHECK(std::isnan(members.number_or_null("null")));
  CHECK(members.text("s") == "t");
  CHECK(members.flag("b"));
  CHECK(members.array("a").size() == 1);
  CHECK(message([&] { members.whole("n", 0, 4); }) == "f: need 'n' from 0 to 4, got 5");
  CHECK(message([&] { members.whole("huge", 0, 4); }) == "f: need 'huge' from 0 to 4, got 18446744073709551615");
  CHECK(message([&] { members.whole("x", 0, 4); }) == "f: need 'x' to be a whole number, got 1.5");
  CHECK(message([&] { members.number("null"); }) == "f: need 'null' to be a number, got null");
  CHECK(message([&] { members.text("no"); }) == "f: need 'no', got none");
  CHECK(message([&] { members.flag("a"); }) == "f: need 'a' to be true or false, got [1]");
  CHECK(message([&] {
          members.require_only({"n", "huge", "x", "null", "s", "b"});
        }) == "f: need no member 'a', got [1]");
  CHECK(message([&] { json::Members(Json(3), "f"); }) == "f: need a JSON object, got 3");
}

TEST_CASE("printable: a message stays one short line of UTF-8, whatever the file holds") {
  CHECK(printable("plain, ü and 語 \U0001F600") == "plain, ü and 語 \U0001F600");
  CHECK(printable("a\nb\x1b[2J\x7f") == "a\\x0ab\\x1b[2J\\x7f");
  CHECK(printable("\xff\xc3(\xed\xa0\x80\xc2\x85") == "\\xff\\xc3(\\xed\\xa0\\x80\\xc2\\x85");
  CHECK(printable("\xf4\x90\x80\x80\xe0\x80\x80\xf0\x80\x80\x80\xe8\xaa") ==
        "\\xf4\\x90\\x80\\x80\\xe0\\x80\\x80\\xf0\\x80\\x80\\x80\\xe8\\xaa");
  CHECK(printable(std::string(200, 'x'), 10) == "xxxxxxxxxx...");
  CHECK(printable("üüü", 5) == "üü...");
}
