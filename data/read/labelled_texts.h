#pragma once
// Texts with a class each, as a classifier learns from them.
#include <cstdint>
#include <string>
#include <vector>

namespace grus::data {

struct LabelledText {
  std::string label, text, place;  // where its label stands: "FILE:LINE:COLUMN"
};

struct LabelledTextOptions {
  std::string text_column = "text", label_column = "label";  // of tables
  std::string label_until = "";                              // a label ends before this, as in "NUM:dist" with ":"
  bool distinct = false;                                     // leaves out repetitions of label and text
};

/// Reads a table (.csv or .tsv, gzip or not), a file of lines "LABEL text", or a folder of LABEL.txt files with a text
/// a line. Throws DataError "FILE:LINE:COLUMN: need ..., got ..." for a row without label or text, and for a file
/// without rows.
std::vector<LabelledText> read_labelled_texts(const std::string& path, const LabelledTextOptions& options = {});
/// Returns the different labels, sorted.
std::vector<std::string> classes_of(const std::vector<LabelledText>& texts);
/// Returns the place of each text's label among the classes. Throws DataError that names the row of a label that is no
/// class.
std::vector<int64_t> class_ids(const std::vector<LabelledText>& texts, const std::vector<std::string>& classes);

}  // namespace grus::data
