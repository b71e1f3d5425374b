#pragma once
// A lock that gives each folder one writer.
#include <filesystem>

namespace grus {

/// FolderLock holds a folder by the file FOLDER/.lock, which it removes at the end; the system releases the lock
/// however the process ends. Readers need no lock. Throws Error with the other process's number when the folder is
/// held. Where the file system knows no locks, nobody is kept out.
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
