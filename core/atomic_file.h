#pragma once
// Files that appear whole or not at all.
#include <filesystem>
#include <string_view>

namespace grus {

/// A file written beside its place, as PATH.tmp, and moved there by commit(); without a commit nothing is left and an
/// old file stays as it was. An existing special file (/dev/null, a pipe) is written directly.
/// Every error is an Error that names the file and the system's reason (no permission, no space, ...).
class AtomicFile {
 public:
  explicit AtomicFile(std::filesystem::path path);
  ~AtomicFile();
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;

  void write(std::string_view bytes);
  /// Flushes to the disk, closes and renames. Call it once, last.
  void commit();

 private:
  [[noreturn]] void give_up(int error);

  std::filesystem::path path_;
  std::filesystem::path written_;  // PATH.tmp, or PATH itself for a special file
  int descriptor_ = -1;
};

/// The whole file in one call.
void write_file_atomically(const std::filesystem::path& path, std::string_view bytes);

}  // namespace grus
