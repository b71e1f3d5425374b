// Targets for the readers of tables, arrays, sounds and word vectors.
#include "core/base/error.h"
#include "data/table.h"
#include "tests/fuzz/target.h"

namespace grus::fuzz {
namespace {

using Seeds = std::vector<std::string>;

void use_table(const data::Table& table) {
  for (const std::string& name : table.names()) {
    if (table.type(name) == data::ColumnType::number) {
      require(table.tensor(name, DType::f64, 0).numel() == table.rows(), "a column of another length");
      continue;
    }
    require(table.texts(name).size() == static_cast<size_t>(table.rows()), "a column of another length");
    if (table.missing_count(name) == 0)
      require(table.class_ids(name, table.classes(name)).numel() == table.rows(), "a column of another length");
  }
}

bool read_csv(const std::string& bytes) {
  return with_file(bytes, [](const std::string& path) { use_table(data::read_table(path, {.trim = true})); });
}

bool read_typed_tsv(const std::string& bytes) {
  return with_file(bytes, [](const std::string& path) {
    use_table(data::read_table(path, {.separator = '\t', .header = false, .types = {{"1", data::ColumnType::number}}}));
  });
}

bool read_json_table(const std::string& bytes) {
  return with_file(bytes, [](const std::string& path) { use_table(data::read_json_lines(path)); });
}

}  // namespace

std::vector<Target> file_targets() {
  return {
      {"csv", read_csv,
       [] {
         return Seeds{"a,b c,\"d\"\r\n1, \"x\"\"y\n z\" ,NA\r\n\r\n-2.5e3,,inf\r\n",
                      "\xEF\xBB\xBF"
                      "a\n\"\"\n"};
       }},
      {"tsv", read_typed_tsv, [] { return Seeds{"1\ta\n+2.5\t\"b\tc\"\nNA\t\n"}; }},
      {"json_lines", read_json_table,
       [] { return Seeds{"{\"a\": 1, \"b\": \"x\"}\n\n{\"b\": null, \"c\": true, \"a\": -2.5e3}\r\n"}; }},
  };
}

}  // namespace grus::fuzz
