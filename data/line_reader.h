#pragma once
// Reads a file one line at a time, for files that nobody wants to hold.
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace grus::data {

/// Walks the lines of a plain or gzip file (told apart by its first bytes); "-" is standard input. Only "\n" ends a
/// line, and the last needs no end. Throws DataError for a missing file, a directory, gzip cut short or damaged, and a
/// line of more than 64 MB (a small packed file can hold a line that no memory does).
class LineReader {
 public:
  explicit LineReader(const std::string& path);
  ~LineReader();
  LineReader(const LineReader&) = delete;
  LineReader& operator=(const LineReader&) = delete;

  /// Returns the next line as the file has it (see clean_line), valid until the next call; nothing at the end.
  std::optional<std::string_view> next();
  /// Goes on to the end without holding a line, and returns how many lines there were.
  int64_t count_rest();
  /// Number of the line last given, from 1.
  int64_t number() const { return number_; }
  /// Name by which errors call the file.
  const std::string& name() const { return name_; }

 private:
  struct File;
  bool read_more();
  void check() const;

  std::string name_;
  std::unique_ptr<File> file_;
  std::string buffer_;
  size_t begin_ = 0;  // of what has not been given
  int64_t number_ = 0, bytes_ = 0;
};

}  // namespace grus::data
