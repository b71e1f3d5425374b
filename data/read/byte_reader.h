#pragma once
// Bytes of files, plain or gzip, from the first to the last.
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>

namespace grus::data {

/// Bytes that come one after the other, under a name for errors.
class ByteSource {
 public:
  virtual ~ByteSource() = default;
  ByteSource(const ByteSource&) = delete;
  ByteSource& operator=(const ByteSource&) = delete;

  /// Reads the next `most` bytes or fewer, and returns how many; none means the end.
  size_t read(char* to, size_t most);
  /// Returns the next `count` bytes; memory is taken only for bytes that are there. Throws DataError "NAME: need COUNT
  /// bytes of WHAT, got ..." when there are fewer.
  std::string take(uint64_t count, const char* what);
  /// Returns all bytes that are left. Throws DataError "NAME: need at most MOST bytes of WHAT, got more".
  std::string take_rest(uint64_t most, const char* what);
  /// Goes `count` bytes on, or to the end, and returns how many bytes were passed.
  uint64_t skip(uint64_t count);
  /// Number of (unpacked) bytes read.
  uint64_t position() const { return position_; }
  const std::string& name() const { return name_; }

 protected:
  explicit ByteSource(std::string name) : name_(std::move(name)) {}

 private:
  virtual size_t read_some(char* to, unsigned most) = 0;

  std::string name_;
  uint64_t position_ = 0;
};

/// Reads a plain or gzip file (told apart by its first bytes); "-" is standard input. Every function throws DataError
/// for a missing file, a directory, and gzip cut short or damaged.
class ByteReader : public ByteSource {
 public:
  explicit ByteReader(const std::string& path);
  ~ByteReader() override;

 private:
  struct File;
  size_t read_some(char* to, unsigned most) override;
  void check() const;

  std::unique_ptr<File> file_;
};

}  // namespace grus::data
