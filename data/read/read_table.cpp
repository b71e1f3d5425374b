// CSV and TSV to tables.
#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <set>

#include "core/base/error.h"
#include "core/base/printable.h"
#include "data/read/number.h"
#include "data/read/table.h"

namespace grus::data {
namespace {

// A column while its type is not known: numbers as long as every cell is one, and the cells' text in one piece.
class Cells {
 public:
  Cells(std::string name, std::optional<ColumnType> type) : type_(type) { column_.name = std::move(name); }

  void add(std::string_view text, bool missing, const std::string& file, int64_t line, size_t field) {
    column_.missing.push_back(missing);
    if (type_ != ColumnType::text && column_.first_text < 0) {
      const std::optional<double> value = missing ? missing_number : parse_number(text);
      require<DataError>(value || type_ != ColumnType::number, "{}:{}:{}: need a number in '{}', got '{}'", file, line,
                         field, Shown{column_.name}, Shown{text});
      if (value) column_.numbers.push_back(*value);
      else column_.first_text = static_cast<int64_t>(column_.missing.size()) - 1;
    }
    if (type_ == ColumnType::number) return;
    if (!missing) bytes_ += text;
    ends_.push_back(bytes_.size());
  }

  Column finish() {
    if (type_ != ColumnType::text && column_.first_text < 0) return std::move(column_);
    column_.type = ColumnType::text;
    column_.numbers = {};
    column_.texts.reserve(ends_.size());
    for (size_t row = 0, begin = 0; row < ends_.size(); begin = ends_[row++])
      column_.texts.push_back(bytes_.substr(begin, ends_[row] - begin));
    return std::move(column_);
  }

 private:
  Column column_;
  std::optional<ColumnType> type_;
  std::string bytes_;
  std::vector<size_t> ends_;
};

bool is_tabbed(std::string_view path) {
  if (path.ends_with(".gz")) path.remove_suffix(3);
  return path.ends_with(".tsv") || path.ends_with(".tab");
}

CsvOptions dialect(const std::string& path, const TableOptions& options) {
  const char separator = options.separator != '\0' ? options.separator : is_tabbed(path) ? '\t' : ',';
  return {.separator = separator, .quote = options.quote, .trim = options.trim};
}

std::vector<std::string> names_of(std::span<const std::string> first, const CsvReader& reader,
                                  const TableOptions& options) {
  if (options.header) return {first.begin(), first.end()};
  if (options.names.empty()) {
    std::vector<std::string> numbers;
    for (size_t i = 1; i <= first.size(); ++i) numbers.push_back(fmt::format("{}", i));
    return numbers;
  }
  require<DataError>(options.names.size() == first.size(), "{}:{}: need {} fields, one for each name, got {}",
                     reader.name(), reader.line(), options.names.size(), first.size());
  return options.names;
}

std::vector<Cells> columns_of(const std::vector<std::string>& names, const CsvReader& reader,
                              const TableOptions& options) {
  std::vector<Cells> columns;
  std::set<std::string_view> seen;
  for (const std::string& name : names) {
    require<DataError>(seen.insert(name).second, "{}:{}:{}: need each column's name once, got '{}' again",
                       reader.name(), reader.line(), columns.size() + 1, Shown{name});
    const auto type = options.types.find(name);
    columns.emplace_back(name, type == options.types.end() ? std::nullopt : std::optional(type->second));
  }
  for (const auto& [name, type] : options.types)
    require<DataError>(seen.count(name) > 0, "{}:{}: need a column '{}', which has a type, got none", reader.name(),
                       reader.line(), Shown{name});
  return columns;
}

}  // namespace

Table read_table(const std::string& path, const TableOptions& options) {
  require<UsageError>(!options.header || options.names.empty(),
                      "[read_table] need names only for a file without a header, got both");
  CsvReader reader(path, dialect(path, options));
  std::optional<std::span<const std::string>> record = reader.next();
  require<DataError>(record.has_value(), "{}: need a table, got an empty file", reader.name());
  std::vector<Cells> columns = columns_of(names_of(*record, reader, options), reader, options);
  const int64_t first = reader.line();
  if (options.header) record = reader.next();
  std::vector<int64_t> lines;
  for (; record; record = reader.next()) {
    require<DataError>(record->size() == columns.size(), "{}:{}: need {} fields, as in line {}, got {}", reader.name(),
                       reader.line(), columns.size(), first, record->size());
    lines.push_back(reader.line());
    for (size_t i = 0; i < columns.size(); ++i) {
      const std::string& cell = (*record)[i];
      const bool missing = std::find(options.missing.begin(), options.missing.end(), cell) != options.missing.end();
      columns[i].add(cell, missing, reader.name(), reader.line(), i + 1);
    }
  }
  std::vector<Column> finished;
  for (Cells& cells : columns) finished.push_back(cells.finish());
  return {reader.name(), std::move(lines), std::move(finished), true};
}

}  // namespace grus::data
