// JSON lines to tables.
#include <fmt/format.h>

#include <limits>
#include <unordered_map>

#include "core/base/error.h"
#include "core/base/json.h"
#include "core/base/printable.h"
#include "data/read/number.h"
#include "data/read/table.h"
#include "data/read/text.h"

namespace grus::data {
namespace {

constexpr size_t most_columns = 10'000;  // a column that a line lacks costs memory all the same

// A column whose cells are missing so far has no type.
struct FoundColumn {
  Column column;
  bool typed = false;

  // Adds missing cells up to `rows`.
  void fill(size_t rows) {
    column.missing.resize(rows, true);
    if (typed && column.type == ColumnType::text) column.texts.resize(rows);
    else column.numbers.resize(rows, missing_number);
  }
  // Gives the first cell that is not missing its say.
  void choose(ColumnType type) {
    if (typed) return;
    typed = true;
    column.type = type;
    if (type == ColumnType::text) {
      column.texts.resize(column.missing.size());
      column.numbers = {};
      column.first_text = static_cast<int64_t>(column.missing.size());
    }
  }
};

double number_of(const json::Json& value, const std::string& where, const std::string& key) {
  if (value.is_boolean()) return value.get<bool>() ? 1 : 0;
  const double number = value.get<double>();
  bool exact = true;
  if (value.is_number_unsigned()) exact = number < 0x1p64 && static_cast<uint64_t>(number) == value.get<uint64_t>();
  else if (value.is_number_integer()) exact = static_cast<int64_t>(number) == value.get<int64_t>();
  require<DataError>(exact, "{}: need a number in '{}' that f64 holds, got {}", where, Shown{key}, json::Shown{value});
  return number;
}

void add(FoundColumn& cells, const json::Json& value, const std::string& where) {
  const std::string& key = cells.column.name;
  if (value.is_null()) return cells.fill(cells.column.missing.size() + 1);
  require<DataError>(value.is_primitive(), "{}: need a number, text, true, false or null in '{}', got {}", where,
                     Shown{key}, json::Shown{value});
  const ColumnType type = value.is_string() ? ColumnType::text : ColumnType::number;
  cells.choose(type);
  require<DataError>(cells.column.type == type, "{}: need {} in '{}', as in the lines before, got {}", where,
                     type == ColumnType::text ? "a number" : "text", Shown{key}, json::Shown{value});
  if (type == ColumnType::text) cells.column.texts.push_back(value.get<std::string>());
  else cells.column.numbers.push_back(number_of(value, where, key));
  cells.column.missing.push_back(false);
}

}  // namespace

Table read_json_lines(const std::string& path) {
  LineReader reader(path);
  std::vector<int64_t> lines;
  std::vector<FoundColumn> columns;
  std::unordered_map<std::string, size_t> places;
  while (const std::optional<std::string_view> raw = reader.next()) {
    const std::string line = clean_line(*raw, reader.name(), reader.number());
    if (split_spaces(line).empty()) continue;
    const std::string where = fmt::format("{}:{}", reader.name(), reader.number());
    const json::Json object = json::parse(line, where);
    require<DataError>(object.is_object(), "{}: need a JSON object, got {}", where, json::Shown{object});
    for (const auto& [key, value] : object.items()) {
      const auto [place, is_new] = places.emplace(key, columns.size());
      if (is_new) columns.emplace_back().column.name = key;
      require<DataError>(columns.size() <= most_columns, "{}: need at most {} names in all lines, got more", where,
                         most_columns);
      FoundColumn& cells = columns[place->second];
      cells.fill(lines.size());
      add(cells, value, where);
    }
    lines.push_back(reader.number());
  }
  require<DataError>(!lines.empty(), "{}: need JSON lines, got an empty file", reader.name());
  std::vector<Column> finished;
  for (FoundColumn& cells : columns) {
    cells.fill(lines.size());
    finished.push_back(std::move(cells.column));
  }
  return {reader.name(), std::move(lines), std::move(finished), false};
}

}  // namespace grus::data
