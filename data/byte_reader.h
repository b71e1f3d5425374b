#pragma once
// Reads the bytes of a file from its beginning, plain or gzip.
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

namespace grus::data {

/// Reads a plain or gzip file (told apart by its first bytes); "-" is standard input. Every function throws DataError
/// for a missing file, a directory, and gzip cut short or damaged.
class ByteReader {
 public:
  explicit ByteReader(const std::string& path);
  ~ByteReader();
  ByteReader(const ByteReader&) = delete;
  ByteReader& operator=(const ByteReader&) = delete;

  /// Reads the next `most` bytes or fewer, and returns how many; none means the end.
  size_t read(char* to, size_t most);
  /// Returns the next `count` bytes; the file's end comes before memory is taken for more. Throws DataError "NAME: need
  /// COUNT bytes of WHAT, got ..." for a file with fewer.
  std::string take(uint64_t count, const char* what);
  /// Goes `count` bytes on, or to the end, and returns how many bytes were passed.
  uint64_t skip(uint64_t count);
  /// Number of (unpacked) bytes read.
  uint64_t position() const { return position_; }
  /// Name by which errors call the file.
  const std::string& name() const { return name_; }

 private:
  struct File;
  void check() const;

  std::string name_;
  std::unique_ptr<File> file_;
  uint64_t position_ = 0;
};

}  // namespace grus::data
