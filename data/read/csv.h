#pragma once
// Comma-separated values (RFC 4180), a record at a time.
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "data/read/line_reader.h"

namespace grus::data {

struct CsvOptions {
  char separator = ',';
  char quote = '"';   // '\0': none, as in files where a quotation mark is text
  bool trim = false;  // spaces and tabs around a field are dropped, also those around its quotes
};

/// Walks the records of a plain or gzip file in UTF-8; "-" is standard input. A quoted field may hold separators, line
/// ends and doubled quotes. Lines end in LF or CRLF; a byte order mark and empty lines are skipped.
class CsvReader {
 public:
  /// Throws UsageError for a separator or quote that is a line end or the other's character.
  explicit CsvReader(const std::string& path, const CsvOptions& options = {});

  /// Returns the next record's fields, valid until the next call; nothing at the end. Throws DataError
  /// "NAME:LINE:FIELD: need ..., got ..." for a quote within an unquoted field, text behind a closing quote, a missing
  /// closing quote, a bare carriage return, a record of more than 64 MB, and text that is not UTF-8.
  std::optional<std::span<const std::string>> next();
  /// Line in which the record last given begins, from 1.
  int64_t line() const { return begin_; }
  const std::string& name() const { return lines_.name(); }

 private:
  bool next_line();
  void skip_blanks();
  void read_plain(std::string& field);
  void read_quoted(std::string& field);
  [[noreturn]] void fail_at(int64_t line, std::string_view need, std::string_view got) const;

  CsvOptions options_;
  LineReader lines_;
  std::string_view line_;    // with a carriage return at its end
  size_t at_ = 0, end_ = 0;  // of line_; end_ stands before the carriage return
  int64_t begin_ = 0;
  size_t bytes_ = 0;                 // of the record
  std::vector<std::string> fields_;  // reused, so that their memory is
  size_t count_ = 0;
};

}  // namespace grus::data
