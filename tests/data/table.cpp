#include "data/read/table.h"

#include <doctest/doctest.h>

#include <cmath>

#include "core/base/error.h"
#include "data/read/number.h"
#include "tests/data/files.h"

using namespace grus;
using namespace grus::data;
using test::Folder;
using test::message_of;

namespace {

using Records = std::vector<std::vector<std::string>>;

Records records_of(std::string_view text, const CsvOptions& options = {}) {
  const Folder folder;
  CsvReader reader(folder.file("a", text), options);
  Records records;
  while (const auto record = reader.next()) records.emplace_back(record->begin(), record->end());
  return records;
}

// Returns what is refused, behind the file's path.
std::string refused_table(std::string_view text, const TableOptions& options = {}) {
  return test::refused_file<Error>("a.csv", text, [&](const std::string& path) { read_table(path, options); });
}

std::string refused_json(std::string_view text) {
  const Folder folder;
  const std::string path = folder.file("a.jsonl", text);
  const std::string message = message_of<DataError>([&] { read_json_lines(path); });
  return message.starts_with(path) ? message.substr(path.size()) : message;
}

template <class Call>
std::string error_of(const Folder& folder, Call call) {
  const std::string message = message_of<Error>(call), path = folder.path("a.csv");
  const size_t at = message.find(path);
  return at == std::string::npos ? message : message.substr(0, at) + message.substr(at + path.size());
}

}  // namespace

TEST_CASE("csv: quotes hold separators, line ends and quotes, and every other character is the field's") {
  CHECK(records_of("a,b\r\n 1 ,\"x, \"\"y\"\"\"\r\n") == Records{{"a", "b"}, {" 1 ", "x, \"y\""}});
  CHECK(records_of("\"a\nb\",\"c\r\nd\"\n\"\",\n") == Records{{"a\nb", "c\r\nd"}, {"", ""}});
  CHECK(records_of("\xEF\xBB\xBF\"a\",b") == Records{{"a", "b"}});
  CHECK(records_of("\n\r\na\n\n\"\"\n,\n") == Records{{"a"}, {""}, {"", ""}});
  CHECK(records_of("").empty());
  CHECK(records_of("a\tb \"c\"\n", {.separator = '\t', .quote = '\0'}) == Records{{"a", "b \"c\""}});
  CHECK(records_of(" a , \" b \" ,\t\n", {.trim = true}) == Records{{"a", " b ", ""}});
  CHECK(records_of("a\t \"b\"\t\n", {.separator = '\t', .trim = true}) == Records{{"a", "b", ""}});
}

TEST_CASE("csv: a record's line is that of its beginning, whatever its quotes hold") {
  const Folder folder;
  CsvReader reader(test::gzip(folder, "a.gz", "a\n\n\"b\n\nc\"\nd"));
  std::vector<int64_t> lines;
  while (reader.next()) lines.push_back(reader.line());
  CHECK(lines == std::vector<int64_t>{1, 3, 6});
}

TEST_CASE("csv: a record that breaks the rules is named by line and field") {
  CHECK(refused_table("a,b\n1,x\"y\"\n") == ":2:2: need quotes around a whole field, got 'x\"y\"'");
  CHECK(refused_table("a,b\n1,\"x\"y,2\n") == ":2:2: need a separator behind a closing quote, got 'y,2'");
  CHECK(refused_table("a,b\n1,\"x\n2,3\n") == ":2:2: need a closing quote, got the end of the file");
  CHECK(refused_table("a,b\n1\r2,3\n") == ":2:1: need quotes around a carriage return, got '1\\x0d2'");
  CHECK(refused_table("a,b\n1,\xff\n") == ":2: invalid UTF-8 at byte 3");
  std::string endless = "a\n\"";
  for (int i = 0; i < 130; ++i) endless += std::string(500'000, 'x') + "\n";
  CHECK(refused_table(endless) == ":2:1: need a closing quote and a record of at most 64 MB, got more");
  CHECK(refused_table("a", {.separator = '"'}).starts_with("[csv] need a separator and a quote that differ"));
  CHECK_THROWS_AS(CsvReader("/dev/null", {.separator = '\n'}), UsageError);
}

TEST_CASE("parse_number: numbers of every form, and nothing that a double would change") {
  CHECK(parse_number(" -1.5e3 ") == -1500.0);
  CHECK(parse_number("+7") == 7.0);
  CHECK(parse_number("-inf") == -HUGE_VAL);
  CHECK(parse_number("9007199254740992") == 9007199254740992.0);
  for (const char* text : {"", " ", "nan", "1,5", "0x10", "1e999", "+-1", "1 2", "9007199254740993", "12x"})
    CHECK_MESSAGE(!parse_number(text).has_value(), text);
}

TEST_CASE("table: a column is of numbers when each of its cells is one or missing") {
  const Folder folder;
  const Table table = read_table(folder.file("a.csv", "age,name,zip\n3,Ann,01\nNA,,02\n\n 4.5,NA,x\n"));
  CHECK(table.rows() == 3);
  CHECK(table.names() == std::vector<std::string>{"age", "name", "zip"});
  CHECK(table.has("zip"));
  CHECK_FALSE(table.has("x"));
  CHECK(table.type("age") == ColumnType::number);
  CHECK(table.numbers("age")[2] == 4.5);
  CHECK(std::isnan(table.numbers("age")[1]));
  CHECK(table.missing("age") == std::vector<bool>{false, true, false});
  CHECK(table.texts("name") == std::vector<std::string>{"Ann", "", ""});
  CHECK(table.missing_count("name") == 2);
  CHECK(table.texts("zip") == std::vector<std::string>{"01", "02", "x"});
  CHECK(error_of(folder, [&] { table.numbers("zip"); }) == ":5:3: need a number in 'zip', got 'x'");
  CHECK(error_of(folder, [&] { table.texts("age"); }) ==
        "[table] need 'age' of  read as text, got a column of numbers");
  CHECK(error_of(folder, [&] { table.numbers("x\n"); }) == "[table] need a column of : age, name, zip, got 'x\\x0a'");
}

TEST_CASE("table: a declared type is held to, and told from what is missing") {
  const TableOptions options{.missing = {"?"}, .types = {{"a", ColumnType::number}, {"b", ColumnType::text}}};
  const Folder folder;
  const Table table = read_table(folder.file("a.csv", "a,b\n1,007\n?,?\n"), options);
  CHECK(table.numbers("a")[0] == 1);
  CHECK(table.missing("a")[1]);
  CHECK(table.texts("b") == std::vector<std::string>{"007", ""});
  CHECK(error_of(folder, [&] { table.numbers("b"); }) == "[table] need 'b' of  read as numbers, got a column of text");
  CHECK(refused_table("a,b\n1,2\nNA,3\n", options) == ":3:1: need a number in 'a', got 'NA'");
  CHECK(refused_table("a,b\n1,2\n,3\n", options) == ":3:1: need a number in 'a', got ''");
  CHECK(refused_table("a,c\n", options) == ":1: need a column 'b', which has a type, got none");
}

TEST_CASE("table: files without a header, with tabs, packed, and given names") {
  const Folder folder;
  const std::string path = test::gzip(folder, "a.tsv.gz", "1\tx, y\n2\tz\n");
  const Table bare = read_table(path, {.header = false});
  CHECK(bare.names() == std::vector<std::string>{"1", "2"});
  CHECK(bare.texts("2")[0] == "x, y");
  CHECK(read_table(path, {.header = false, .names = {"n", "t"}}).numbers("n")[1] == 2);
  CHECK(read_table(folder.file("b.txt", "a;b\n1;2\n"), {.separator = ';'}).rows() == 1);
  CHECK(read_table(folder.file("c.csv", "a,b\n")).rows() == 0);
  CHECK(refused_table("1,2\n", {.header = false, .names = {"n"}}) == ":1: need 1 fields, one for each name, got 2");
  CHECK(refused_table("1,2\n", {.names = {"n"}}) ==
        "[read_table] need names only for a file without a header, got both");
}

TEST_CASE("table: rows of other widths, repeated names and nothing at all are refused") {
  CHECK(refused_table("a,b\n1,\"\n\"\n1,2,3\n") == ":4: need 2 fields, as in line 1, got 3");
  CHECK(refused_table("a,b\n1\n") == ":2: need 2 fields, as in line 1, got 1");
  CHECK(refused_table("a,b,a\n") == ":1:3: need each column's name once, got 'a' again");
  CHECK(refused_table("\n\n") == ": need a table, got an empty file");
  CHECK(message_of<DataError>([] { read_table("/none/a.csv"); }) == "/none/a.csv: No such file or directory");
}

TEST_CASE("table: columns become tensors, with missing cells filled or refused") {
  const Folder folder;
  const Table table = read_table(folder.file("a.csv", "a,b,big\n1,2.5,1e300\n3,,4\n"));
  CHECK(table.tensor("a").to_vector<float>() == std::vector<float>{1, 3});
  CHECK(table.tensor("a", DType::i64).to_vector<int64_t>() == std::vector<int64_t>{1, 3});
  CHECK(table.tensor("a", DType::i32).dtype() == DType::i32);
  const Tensor both = table.matrix({"a", "b"}, DType::f64, -1);
  CHECK(both.shape() == Shape{2, 2});
  CHECK(both.to_vector<double>() == std::vector<double>{1, 2.5, 3, -1});
  CHECK(error_of(folder, [&] { table.tensor("b"); }) == ":3:2: need a number in 'b', got a missing cell");
  CHECK(error_of(folder, [&] { table.tensor("b", DType::i64, 0); }) ==
        ":2:2: need a number in 'b' that i64 holds, got 2.5");
  CHECK(error_of(folder, [&] { table.tensor("big"); }) == ":2:3: need a number in 'big' that f32 holds, got 1e+300");
  CHECK_THROWS_AS(table.tensor("a", DType::boolean), DtypeError);
}

TEST_CASE("table: texts become the ids of classes") {
  const Folder folder;
  const Table table = read_table(folder.file("a.csv", "kind,n\nb,1\na,1\nb,1\n"));
  const std::vector<std::string> classes = table.classes("kind");
  CHECK(classes == std::vector<std::string>{"a", "b"});
  CHECK(table.class_ids("kind", classes).to_vector<int64_t>() == std::vector<int64_t>{1, 0, 1});
  CHECK(error_of(folder, [&] { table.class_ids("kind", {"b"}); }) ==
        ":3:1: need one of the 1 classes in 'kind', got 'a'");
  const Table gap = read_table(folder.file("a.csv", "kind,n\nb,1\n,1\n"));
  CHECK(gap.classes("kind") == std::vector<std::string>{"b"});
  CHECK(error_of(folder, [&] { gap.class_ids("kind", {"b"}); }) == ":3:1: need a class in 'kind', got a missing cell");
}

TEST_CASE("json lines: objects become rows, and what a line lacks is missing") {
  const Folder folder;
  const Table table = read_json_lines(test::gzip(folder, "a.gz",
                                                 "{\"text\": \"a\\nb\", \"n\": 1}\r\n\n{\"n\": null, \"ok\": true}\n"
                                                 "{\"text\": \"7\", \"n\": -2.5, \"empty\": null}"));
  CHECK(table.names() == std::vector<std::string>{"n", "text", "ok", "empty"});
  CHECK(table.texts("text") == std::vector<std::string>{"a\nb", "", "7"});
  CHECK(table.missing("text") == std::vector<bool>{false, true, false});
  CHECK(table.numbers("n")[2] == -2.5);
  CHECK(table.missing("ok") == std::vector<bool>{true, false, true});
  CHECK(table.numbers("ok")[1] == 1);
  CHECK(table.missing_count("empty") == 3);
  CHECK(message_of<DataError>([&] { table.numbers("text"); }) ==
        folder.path("a.gz") + ":1: need a number in 'text', got 'a\\x0ab'");
}

TEST_CASE("json lines: what is no row is named by its line") {
  CHECK(refused_json("{\"a\": 1}\n{\"a\": }\n") == ":2: need JSON, got an error at byte 7");
  CHECK(refused_json("[1]\n") == ":1: need a JSON object, got [1]");
  CHECK(refused_json("{\"a\": [1]}\n") == ":1: need a number, text, true, false or null in 'a', got [1]");
  CHECK(refused_json("{\"a\": 1}\n{\"a\": \"x\"}\n") == ":2: need a number in 'a', as in the lines before, got \"x\"");
  CHECK(refused_json("{\"a\": \"x\"}\n{\"a\": 2}\n") == ":2: need text in 'a', as in the lines before, got 2");
  CHECK(refused_json("{\"a\": 1, \"a\": 2}\n") == ":1: need each name once, got 'a' twice");
  CHECK(refused_json("{\"a\": 9007199254740993}\n") == ":1: need a number in 'a' that f64 holds, got 9007199254740993");
  CHECK(refused_json("\n") == ": need JSON lines, got an empty file");
  CHECK(refused_json("\xff\n") == ":1: invalid UTF-8 at byte 1");
  std::string wide;
  for (int i = 0; i < 10'001; ++i) wide += "{\"" + std::to_string(i) + "\": 1}\n";
  CHECK(refused_json(wide) == ":10001: need at most 10000 names in all lines, got more");
}
