#pragma once
// Tables of named, typed columns, from CSV, TSV and JSON lines.
// Sources: table.cpp, read_table.cpp, json_lines.cpp.
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/tensor/tensor.h"
#include "data/read/csv.h"

namespace grus::data {

/// A column of numbers (f64), or of text (UTF-8).
enum class ColumnType { number, text };

struct Column {
  std::string name;
  ColumnType type = ColumnType::number;
  std::vector<double> numbers;     // NaN where missing
  std::vector<std::string> texts;  // in a column of text
  std::vector<bool> missing;
  int64_t first_text = -1;  // row of the first cell that is no number, in a column of text
};

/// A table in memory. Errors about a cell are DataError "FILE:LINE:COLUMN: need ... in 'NAME', got ...", COLUMN the
/// number of the field, from 1 (JSON has none). Every function throws UsageError for a column that is not there.
class Table {
 public:
  /// `lines` are those of the file in which the rows begin.
  Table(std::string file, std::vector<int64_t> lines, std::vector<Column> columns, bool has_fields);

  int64_t rows() const { return static_cast<int64_t>(lines_.size()); }
  /// Returns the columns' names, in the file's order.
  std::vector<std::string> names() const;
  bool has(const std::string& name) const;
  ColumnType type(const std::string& name) const { return column(name).type; }

  /// Returns a column of numbers, NaN where they are missing. Throws DataError for text, naming the first such cell.
  const std::vector<double>& numbers(const std::string& name) const;
  /// Returns a column of text; a missing cell is empty. Throws UsageError for a column read as numbers (name it in
  /// TableOptions::types to keep "007" as it is).
  const std::vector<std::string>& texts(const std::string& name) const;
  const std::vector<bool>& missing(const std::string& name) const { return column(name).missing; }
  int64_t missing_count(const std::string& name) const;
  /// Returns the file's name, and a cell's place in it for a message: "FILE:LINE:COLUMN".
  const std::string& file() const { return file_; }
  std::string where(size_t row, const std::string& name) const;

  /// Copies a column of numbers (rows), or several (rows, columns), to a tensor of any dtype but bool. `fill` stands
  /// for missing cells. Throws DataError for a missing cell without fill, and for a number that the dtype does not hold
  /// (an f32 rounds, but never to infinity).
  Tensor tensor(const std::string& name, DType dtype = DType::f32, std::optional<double> fill = std::nullopt,
                Device device = default_device()) const;
  Tensor matrix(const std::vector<std::string>& names, DType dtype = DType::f32,
                std::optional<double> fill = std::nullopt, Device device = default_device()) const;

  /// Returns the different texts of a column, sorted, without missing cells.
  std::vector<std::string> classes(const std::string& name) const;
  /// Returns for each row the place of its text among the classes, i64 (rows). Throws DataError for a missing cell, and
  /// for a text that is no class.
  Tensor class_ids(const std::string& name, const std::vector<std::string>& classes,
                   Device device = default_device()) const;

 private:
  const Column& column(const std::string& name) const;
  size_t place(const std::string& name) const;
  template <class T>
  void copy(const std::string& name, std::optional<double> fill, DType dtype, T* to, size_t stride) const;
  template <class T>
  Tensor make(const std::vector<std::string>& names, const Shape& shape, DType dtype, std::optional<double> fill,
              Device device) const;
  Tensor any_dtype(const std::vector<std::string>& names, const Shape& shape, DType dtype, std::optional<double> fill,
                   Device device) const;

  std::string file_;
  std::vector<int64_t> lines_;
  std::vector<Column> columns_;
  bool has_fields_;
};

struct TableOptions {
  char separator = '\0';                // '\0': a tab for a file .tsv or .tab (with .gz behind it, too), else a comma
  char quote = '"';                     // '\0': none
  bool trim = false;                    // spaces and tabs around a field are dropped
  bool header = true;                   // the first record holds the columns' names
  std::vector<std::string> names = {};  // without a header; where empty, columns are "1", "2", ...
  std::vector<std::string> missing = {"", "NA", "NaN", "nan"};  // cells that read so are missing, quoted or not
  std::map<std::string, ColumnType> types = {};  // others: numbers when every cell is one or missing, else text
};

/// Reads a table (see CsvReader). Throws DataError for a repeated or missing name, a row with other than the header's
/// count of fields, an empty file, and a cell of a column declared as numbers that is none (see parse_number).
Table read_table(const std::string& path, const TableOptions& options = {});

/// Reads JSON lines, an object of numbers, texts, true (1), false (0) and null (missing) each; "-" is standard input.
/// Columns are in order of first sight, a line's in that of the alphabet; a name that a line lacks is a missing cell.
/// Throws DataError for what is no such object, and a column with numbers and texts.
Table read_json_lines(const std::string& path);

}  // namespace grus::data
