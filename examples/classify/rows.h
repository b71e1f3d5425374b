#pragma once
// Labelled texts from files: tables (.csv, .tsv, packed or not), lines "LABEL text", a folder of LABEL.txt files.
#include <cstdint>
#include <string>
#include <vector>

namespace grus::classify {

struct Row {
  std::string label, text, place;  // where its label stands: "FILE:LINE:COLUMN"
};

struct RowOptions {
  std::string text_column = "text", label_column = "label";
  std::string label_until = "";  // a label ends before this, as in "NUM:dist" with ":"
  bool distinct = false;    // leaves out repetitions of label and text
};

/// Reads all rows of a file or folder. Throws DataError "FILE:LINE:COLUMN: need ..., got ..." for a row without label
/// or text, and for a file without rows.
std::vector<Row> read_rows(const std::string& path, const RowOptions& options);
/// Returns the different labels, sorted.
std::vector<std::string> classes_of(const std::vector<Row>& rows);
/// Returns each row's place among the classes. Throws DataError that names the row of a label that is no class.
std::vector<int64_t> class_ids(const std::vector<Row>& rows, const std::vector<std::string>& classes);

}  // namespace grus::classify
