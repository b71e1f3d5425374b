#pragma once
// Bytes of files in order, as readers of models and tables take them. A file may be one in memory.
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

namespace grus {

/// While it lives, readers on this thread find these bytes under `path`, as if a file held them; it may be a pack. The
/// bytes are not copied. It hides a file of that path, and an older MemoryFile.
class MemoryFile {
 public:
  MemoryFile(std::filesystem::path path, std::string_view bytes);
  ~MemoryFile();
  MemoryFile(const MemoryFile&) = delete;
  MemoryFile& operator=(const MemoryFile&) = delete;

 private:
  std::filesystem::path path_;
};

/// Returns the bytes of the MemoryFile of this path, or null.
const std::string_view* find_memory_file(const std::filesystem::path& path);
/// Says whether there is a regular file, or a MemoryFile.
bool is_file(const std::filesystem::path& path);

/// A part of a file, which is read from its beginning to its end.
class FileBytes {
 public:
  /// Opens `most` bytes from `begin` on, or what there is of them. Throws DataError "PATH: reason" for what cannot be
  /// read.
  explicit FileBytes(const std::filesystem::path& path, uint64_t begin = 0, uint64_t most = UINT64_MAX);
  ~FileBytes();
  FileBytes(FileBytes&& other) noexcept;
  FileBytes& operator=(FileBytes&&) = delete;

  /// Bytes of the part; of what is no regular file none are known ahead, and this is 0.
  uint64_t size() const { return size_; }
  /// Reads the next `most` bytes, or fewer at the end. Throws DataError "PATH: reason".
  size_t read(void* to, size_t most);

 private:
  std::string name_;
  std::string_view memory_;
  int file_ = -1;  // a descriptor; -1: the bytes are in memory
  uint64_t size_ = 0, left_;
};

}  // namespace grus
