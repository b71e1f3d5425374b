#include "core/base/folder_lock.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <string>
#include <system_error>

#include "core/base/descriptor.h"
#include "core/base/error.h"
#include "core/base/printable.h"

namespace grus {
namespace {

std::string holder(int descriptor) {
  std::array<char, 32> text{};
  const ssize_t count = ::pread(descriptor, text.data(), text.size(), 0);
  return printable({text.data(), static_cast<size_t>(std::max<ssize_t>(count, 0))});
}

bool same_file(int descriptor, const std::filesystem::path& path) {
  struct stat opened {
  }, named{};
  return ::fstat(descriptor, &opened) == 0 && ::stat(path.c_str(), &named) == 0 && opened.st_ino == named.st_ino &&
         opened.st_dev == named.st_dev;
}

}  // namespace

FolderLock::FolderLock(const std::filesystem::path& folder, WhenHeld when_held) : file_(folder / ".lock") {
  for (;;) {
    descriptor_ = ::open(file_.c_str(), O_CREAT | O_RDWR | O_CLOEXEC, 0666);
    require<Error>(descriptor_ != no_descriptor, "{}: need a folder that can be locked, got: {}", folder.string(),
                   std::generic_category().message(errno));
    int locked = 0;
    do locked = ::flock(descriptor_, when_held == WhenHeld::wait ? LOCK_EX : LOCK_EX | LOCK_NB);
    while (locked != 0 && errno == EINTR);
    const bool held = locked != 0 && errno == EWOULDBLOCK;
    // The process that held the lock may have removed the file between our opening and our locking it.
    if (!held && same_file(descriptor_, file_)) break;
    const std::string by = holder(descriptor_);
    ::close(descriptor_);
    require<Error>(!held, "{}: need a folder that nobody else writes to, got one that process {} holds",
                   folder.string(), by.empty() ? "?" : by);
  }
  const std::string own = fmt::format("{}", ::getpid());
  // The owner's number serves messages alone, so a full disk is no reason to stop here.
  if (::ftruncate(descriptor_, 0) == 0 && ::pwrite(descriptor_, own.data(), own.size(), 0) < 0) errno = 0;
}

FolderLock::~FolderLock() {
  ::unlink(file_.c_str());
  ::close(descriptor_);
}

}  // namespace grus
