#pragma once
// Reads a file one line at a time, for files that nobody wants to hold.
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "data/read/byte_reader.h"

namespace grus::data {

/// Walks the lines of a plain or gzip file (told apart by its first bytes); "-" is standard input. Only "\n" ends a
/// line, and the last needs no end. Throws DataError for a missing file, a directory, gzip cut short or damaged, and a
/// line of more than 64 MB (a small packed file can hold a line that no memory does).
class LineReader {
 public:
  explicit LineReader(const std::string& path) : bytes_(path) {}

  /// Returns the next line as the file has it (see clean_line), valid until the next call; nothing at the end.
  std::optional<std::string_view> next();
  /// Goes on to the end without holding a line, and returns how many lines there were.
  int64_t count_rest();
  /// Number of the line last given, from 1.
  int64_t number() const { return number_; }
  /// Name by which errors call the file.
  const std::string& name() const { return bytes_.name(); }

 private:
  bool read_more();

  ByteReader bytes_;
  std::string buffer_;
  size_t begin_ = 0;  // of what has not been given
  int64_t number_ = 0;
};

}  // namespace grus::data
