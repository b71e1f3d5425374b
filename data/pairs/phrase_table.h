#pragma once
// Phrase tables have lines of Moses, "source ||| target ||| scores [||| ...]", or of two columns, "source<TAB>target
// [<TAB> ...]". They are read and written a line at a time, plain or gzip.
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "data/read/line_reader.h"

namespace grus::data {

/// One line of a table. The words of a phrase have one space between them.
struct PhraseLine {
  std::string source, target;
  std::string scores;  // as the line has them; empty where it has two columns
  std::string rest;    // the text that follows, its separator included
  bool columns = false;

  std::vector<double> score_values() const;
  /// Reads Moses's last field: how often the target, the source and the pair were seen; empty where there is none.
  std::vector<double> counts() const;
  /// Returns what the columns after the second hold, in a line of columns.
  std::vector<std::string> further_columns() const;
  /// Adds a score at the end of the scores, or as a further column.
  void add_score(double score);
  /// Returns the line, without its end.
  std::string text() const;
};

/// Parses one line. Throws DataError "NAME:NUMBER: need ..., got ..." for a line of neither form, an empty phrase, a
/// score that is no number, and text that is not UTF-8.
PhraseLine parse_phrase_line(std::string_view line, std::string_view name, int64_t number);

/// Walks the lines of a table.
class PhraseTableReader {
 public:
  /// With `skip_bad`, lines that parse_phrase_line refuses are counted and left out. "-" is standard input.
  explicit PhraseTableReader(const std::string& path, bool skip_bad = false) : lines_(path), skip_bad_(skip_bad) {}
  std::optional<PhraseLine> next();
  int64_t skipped() const { return skipped_; }
  int64_t line_number() const { return lines_.number(); }
  /// Returns "2 of 10 lines skipped; the first: FILE:3: ...", or nothing when no line was skipped.
  std::string notice() const;

 private:
  LineReader lines_;
  bool skip_bad_;
  int64_t skipped_ = 0;
  std::string first_error_;
};

}  // namespace grus::data
