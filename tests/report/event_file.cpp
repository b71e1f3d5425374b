#include "report/event_file.h"

#include <doctest/doctest.h>

#include <cmath>
#include <cstring>
#include <limits>
#include <vector>

#include "core/base/error.h"
#include "tests/support/event_reader.h"
#include "tests/support/folder.h"

using namespace grus;
using namespace grus::report;
using test::Fields;
using test::fields_of;
using test::little_endian;
using test::only;
using test::records_of;
using test::value_of;

namespace {

namespace fs = std::filesystem;

double real(const std::string& bytes) {
  double value = 0;
  REQUIRE(bytes.size() == sizeof value);
  std::memcpy(&value, bytes.data(), sizeof value);
  return value;
}

std::vector<double> reals(const std::string& bytes) {
  std::vector<double> values;
  for (size_t at = 0; at < bytes.size(); at += 8) values.push_back(real(bytes.substr(at, 8)));
  return values;
}

}  // namespace

TEST_CASE("event file: a number stands in a frame with both masked checksums, with its tag and step") {
  const test::Folder folder;
  EventFile events(folder.root());
  events.scalar("loss/train", 300, 0.25);
  events.scalar("bad \xff", 301, std::numeric_limits<double>::quiet_NaN());
  events.flush();
  const std::vector<std::string> records = records_of(events.path());
  REQUIRE(records.size() == 3);
  CHECK(only(fields_of(records[0]), 3) == "brain.Event:2");
  CHECK(little_endian(only(fields_of(records[1]), 2)) == 300);
  CHECK(real(only(fields_of(records[1]), 1)) > 1.6e9);
  const Fields value = value_of(records[1]);
  CHECK(only(value, 1) == "loss/train");
  CHECK(only(value, 2) == std::string("\0\0\x80\x3e", 4));
  CHECK(only(value_of(records[2]), 1) == "bad \uFFFD");
}

TEST_CASE("event file: a run that goes on from a step says so before its first number") {
  const test::Folder folder;
  EventFile events(folder.root(), 41);
  const std::vector<std::string> records = records_of(events.path());
  REQUIRE(records.size() == 2);
  CHECK(little_endian(only(fields_of(records[1]), 2)) == 41);
  CHECK(little_endian(only(fields_of(only(fields_of(records[1]), 7)), 1)) == 1);
}

TEST_CASE("event file: a histogram counts every finite value once, whatever their range") {
  const test::Folder folder;
  EventFile events(folder.root());
  constexpr double huge = 1.7e308;
  const std::vector<double> wide = {-huge, huge, 0}, equal = {2, 2, 2},
                            some = {0, 1, 2, 3, std::nan(""), HUGE_VAL, 1.5}, none = {std::nan("")};
  for (const std::vector<double>& values : {wide, equal, some, none}) events.histogram("h", 1, values);
  events.flush();
  const std::vector<std::string> records = records_of(events.path());
  REQUIRE(records.size() == 4);
  for (size_t i = 0; i < 3; ++i) {
    const Fields histogram = fields_of(only(value_of(records[i + 1]), 5));
    const std::vector<double> counts = reals(only(histogram, 7)), limits = reals(only(histogram, 6));
    CHECK(counts.size() == limits.size());
    double total = 0;
    for (const double count : counts) total += count;
    CHECK(total == (i == 2 ? 5 : 3));
    CHECK(real(only(histogram, 3)) == total);
    CHECK(limits.back() == real(only(histogram, 2)));
    for (size_t k = 1; k < limits.size(); ++k) CHECK(limits[k] > limits[k - 1]);
  }
  const Fields last = fields_of(only(value_of(records[3]), 5));
  CHECK(real(only(last, 4)) == 7.5);
  CHECK(real(only(last, 5)) == 1 + 4 + 9 + 2.25);
}

TEST_CASE("event file: texts and pictures are messages that say what they are") {
  const test::Folder folder;
  EventFile events(folder.root());
  const std::vector<uint8_t> pixels(2 * 3 * 3, 200);
  events.text("options", 0, "| lr | 0.1 |");
  events.image("picture", 1, {.height = 2, .width = 3, .channels = 3, .values = pixels});
  events.flush();
  const std::vector<std::string> records = records_of(events.path());
  const Fields text = value_of(records[1]), picture = fields_of(only(value_of(records[2]), 4));
  CHECK(only(fields_of(only(text, 8)), 8) == "| lr | 0.1 |");
  CHECK(only(fields_of(only(fields_of(only(text, 9)), 1)), 1) == "text");
  CHECK(little_endian(only(picture, 1)) == 2);
  CHECK(little_endian(only(picture, 2)) == 3);
  CHECK(only(picture, 4).starts_with("\x89PNG\r\n\x1a\n"));
}

TEST_CASE("event file: pictures of wrong sizes are refused, and leave no record") {
  const test::Folder folder;
  EventFile events(folder.root());
  const std::vector<uint8_t> pixels(6);
  for (const Pixels& wrong : {Pixels{2, 3, 2, pixels}, Pixels{0, 3, 1, pixels}, Pixels{2, 2, 1, pixels},
                              Pixels{INT64_C(1) << 40, 1, 1, pixels}})
    CHECK_THROWS_AS(events.image("x", 1, wrong), UsageError);
  events.flush();
  CHECK(records_of(events.path()).size() == 1);
}

TEST_CASE("event file: two files of one folder have names of their own, and what is unflushed is written at the end") {
  const test::Folder folder;
  fs::path first;
  {
    EventFile one(folder.root()), other(folder.root());
    CHECK(one.path() != other.path());
    one.scalar("a", 1, 1);
    first = one.path();
  }
  CHECK(records_of(first).size() == 2);
}

TEST_CASE("event file: a folder that cannot be made is named with the system's reason") {
  CHECK_THROWS_WITH_AS(EventFile("/dev/null/runs"), "/dev/null/runs: cannot be made a folder: Not a directory", Error);
}
