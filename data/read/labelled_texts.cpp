#include "data/read/labelled_texts.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <set>

#include "core/base/error.h"
#include "core/base/printable.h"
#include "data/read/csv.h"
#include "data/read/text.h"

namespace grus::data {
namespace {

namespace fs = std::filesystem;

size_t column_of(const std::vector<std::string>& names, const std::string& wanted, const std::string& file,
                 const char* what) {
  const auto at = std::find(names.begin(), names.end(), wanted);
  require<DataError>(at != names.end(), "{}:1: need a column '{}' of {} among {}, got none", file, wanted, what,
                     fmt::join(names, ", "));
  return static_cast<size_t>(at - names.begin());
}

std::vector<LabelledText> read_labelled_table(const std::string& path, bool tabs, const LabelledTextOptions& options) {
  CsvReader reader(path, {.separator = tabs ? '\t' : ',', .quote = tabs ? '\0' : '"'});
  const auto head = reader.next();
  require<DataError>(head.has_value(), "{}: need a line of column names, got an empty file", path);
  const std::vector<std::string> names(head->begin(), head->end());
  const size_t text = column_of(names, options.text_column, path, "texts");
  const size_t label = column_of(names, options.label_column, path, "labels");
  std::vector<LabelledText> rows;
  while (const auto fields = reader.next()) {
    require<DataError>(fields->size() == names.size(), "{}:{}: need {} columns as in the first line, got {}", path,
                       reader.line(), names.size(), fields->size());
    for (const size_t needed : {label, text})
      require<DataError>(!split_spaces((*fields)[needed]).empty(), "{}:{}:{}: need a {}, got none", path, reader.line(),
                         needed + 1, needed == label ? "label" : "text");
    rows.push_back({(*fields)[label], (*fields)[text], fmt::format("{}:{}:{}", path, reader.line(), label + 1)});
  }
  return rows;
}

// With a label of its own the file has texts alone.
std::vector<LabelledText> read_labelled_lines(const std::string& path, const std::string& label) {
  std::vector<LabelledText> rows;
  int64_t number = 0;
  for (const std::string& line : read_lines(path)) {
    ++number;
    const size_t begin = std::min(line.find_first_not_of(" \t"), line.size());
    if (!label.empty() && begin < line.size())
      rows.push_back({label, line.substr(begin), fmt::format("{}:{}:{}", path, number, begin + 1)});
    if (!label.empty()) continue;
    const size_t end = std::min(line.find_first_of(" \t", begin), line.size());
    const size_t text = std::min(line.find_first_not_of(" \t", end), line.size());
    require<DataError>(begin < end, "{}:{}:1: need a label and a text, got an empty line", path, number);
    require<DataError>(text < line.size(), "{}:{}:{}: need a text behind the label '{}', got none", path, number,
                       line.size() + 1, Shown{line.substr(begin, end - begin)});
    rows.push_back(
        {line.substr(begin, end - begin), line.substr(text), fmt::format("{}:{}:{}", path, number, begin + 1)});
  }
  return rows;
}

std::vector<LabelledText> read_folder(const std::string& path) {
  std::vector<fs::path> files;
  for (const fs::directory_entry& entry : fs::directory_iterator(path))
    if (entry.path().extension() == ".txt") files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  std::vector<LabelledText> rows;
  for (const fs::path& file : files)
    for (LabelledText& row : read_labelled_lines(file.string(), file.stem().string())) rows.push_back(std::move(row));
  return rows;
}

bool has_extension(std::string path, const char* extension) {
  if (path.ends_with(".gz")) path.resize(path.size() - 3);
  return path.ends_with(extension);
}

}  // namespace

std::vector<LabelledText> read_labelled_texts(const std::string& path, const LabelledTextOptions& options) {
  const bool tabs = has_extension(path, ".tsv");
  std::vector<LabelledText> rows = fs::is_directory(path)                ? read_folder(path)
                                   : tabs || has_extension(path, ".csv") ? read_labelled_table(path, tabs, options)
                                                                         : read_labelled_lines(path, "");
  require<DataError>(!rows.empty(), "{}: need at least one row, got none", path);
  for (LabelledText& row : rows) {
    if (!options.label_until.empty()) row.label.resize(std::min(row.label.find(options.label_until), row.label.size()));
    require<DataError>(!row.label.empty() && row.label.find('\n') == std::string::npos,
                       "{}: need a label in one line, got '{}'", row.place, Shown{row.label});
  }
  std::set<std::pair<std::string, std::string>> seen;
  if (options.distinct)
    std::erase_if(rows, [&](const LabelledText& row) { return !seen.emplace(row.label, row.text).second; });
  return rows;
}

std::vector<std::string> classes_of(const std::vector<LabelledText>& rows) {
  std::set<std::string> labels;
  for (const LabelledText& row : rows) labels.insert(row.label);
  return {labels.begin(), labels.end()};
}

std::vector<int64_t> class_ids(const std::vector<LabelledText>& rows, const std::vector<std::string>& classes) {
  std::vector<int64_t> ids;
  for (const LabelledText& row : rows) {
    const auto at = std::lower_bound(classes.begin(), classes.end(), row.label);
    require<DataError>(at != classes.end() && *at == row.label, "{}: need a class of the training, one of {}, got '{}'",
                       row.place, printable(fmt::format("{}", fmt::join(classes, ", "))), Shown{row.label});
    ids.push_back(at - classes.begin());
  }
  return ids;
}

}  // namespace grus::data
