#pragma once
// A lock that gives each folder one writer.
#include <filesystem>

namespace grus {

/// FolderLock holds a folder by the file FOLDER/.lock, which it removes at the end; the system releases the lock
/// however the process ends. Readers need no lock. A held folder is waited for, or is an Error with the other process's
/// number. Where the file system knows no locks, nobody is kept out.
class FolderLock {
 public:
  enum class WhenHeld { fail, wait };
  explicit FolderLock(const std::filesystem::path& folder, WhenHeld when_held = WhenHeld::fail);
  ~FolderLock();
  FolderLock(const FolderLock&) = delete;
  FolderLock& operator=(const FolderLock&) = delete;

 private:
  std::filesystem::path file_;
  int descriptor_ = -1;
};

}  // namespace grus
