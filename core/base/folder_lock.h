#pragma once
// One writer a folder.
#include <filesystem>

namespace grus {

/// Holds a folder until it ends, as FOLDER/.lock, which is then gone; the system lets go of it however the process
/// ends. Readers need none. Throws Error, with the other's process number, when somebody holds it; where the file
/// system knows no locks, nobody is kept out.
class FolderLock {
 public:
  explicit FolderLock(const std::filesystem::path& folder);
  ~FolderLock();
  FolderLock(const FolderLock&) = delete;
  FolderLock& operator=(const FolderLock&) = delete;

 private:
  std::filesystem::path file_;
  int descriptor_ = -1;
};

}  // namespace grus
