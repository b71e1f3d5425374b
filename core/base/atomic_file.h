#pragma once
// Files that appear whole or not at all.
#include <filesystem>
#include <string_view>

#include "core/base/temporary_file.h"

namespace grus {

/// AtomicFile writes a file beside its place and moves it there in commit(). Without a commit nothing is left, and an
/// old file stays as it was. Several writers, in one process or many, do not disturb one another: the last commit wins.
/// An existing special file (/dev/null, a pipe) is written directly. Every error is an Error that names the file and
/// the system's reason (no permission, no space, ...).
class AtomicFile {
 public:
  explicit AtomicFile(std::filesystem::path path);
  ~AtomicFile();
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;

  void write(std::string_view bytes);
  /// Flushes to the disk, closes and renames. It is called once, as the last call.
  void commit();

 private:
  int descriptor() const;
  [[noreturn]] void give_up(int error);

  std::filesystem::path path_;
  TemporaryFile temporary_;
  int special_ = -1;  // a special file's descriptor
};

/// Writes the whole file in one call.
void write_file_atomically(const std::filesystem::path& path, std::string_view bytes);

}  // namespace grus
