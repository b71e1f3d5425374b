#include "core/base/temporary_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <mutex>
#include <random>
#include <set>
#include <string_view>

#include "core/base/descriptor.h"

namespace grus {
namespace {

namespace fs = std::filesystem;

constexpr mode_t as_umask_says = 0666;
constexpr std::string_view mark = ".grus-", ending = ".tmp";
constexpr size_t random_digits = 16, longest_name = 255;
constexpr size_t added = mark.size() + random_digits + ending.size();

fs::path folder_of(const fs::path& file) { return file.has_parent_path() ? file.parent_path() : fs::path("."); }

fs::path new_name(const fs::path& place) {
  std::random_device random;
  const uint64_t number = static_cast<uint64_t>(random()) << 32 | random();
  const std::string own = place.filename().string().substr(0, longest_name - added);
  return folder_of(place) / fmt::format("{}{}{:016x}{}", own, mark, number, ending);
}

bool is_temporary(std::string_view name) {
  if (name.size() < added || !name.ends_with(ending)) return false;
  name.remove_prefix(name.size() - added);
  const std::string_view random = name.substr(mark.size(), random_digits);
  return name.starts_with(mark) && random.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

std::string path_of(int descriptor) { return fmt::format("/proc/self/fd/{}", descriptor); }

// Each folder is searched once, since a search at every write would be slow in a folder with many files.
void remove_abandoned_once(const fs::path& folder) {
  static std::mutex mutex;
  static std::set<std::string> seen;
  {
    const std::lock_guard guard(mutex);
    std::error_code ignored;
    if (!seen.insert(fs::absolute(folder, ignored).string()).second) return;
  }
  TemporaryFile::remove_abandoned(folder);
}

}  // namespace

void TemporaryFile::remove_abandoned(const fs::path& folder) {
  std::error_code error;
  for (fs::directory_iterator at(folder, error), end; !error && at != end; at.increment(error)) {
    const fs::path& file = at->path();
    if (!is_temporary(file.filename().string())) continue;
    const int descriptor = ::open(file.c_str(), O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (descriptor == no_descriptor) continue;
    struct stat status {};
    const bool regular = ::fstat(descriptor, &status) == 0 && S_ISREG(status.st_mode);
    if (regular && ::flock(descriptor, LOCK_EX | LOCK_NB) == 0) ::unlink(file.c_str());
    ::close(descriptor);
  }
}

int TemporaryFile::open(const fs::path& place, bool without_name) {
  place_ = place;
  const fs::path folder = folder_of(place);
  remove_abandoned_once(folder);
  if (without_name) descriptor_ = ::open(folder.c_str(), O_TMPFILE | O_WRONLY | O_CLOEXEC, as_umask_says);
  if (descriptor_ == no_descriptor) return open_named();
  if (::access(path_of(descriptor_).c_str(), F_OK) != 0) {  // without /proc it could never get a name
    discard();
    return open_named();
  }
  ::flock(descriptor_, LOCK_EX);
  return 0;
}

int TemporaryFile::open_named() {
  for (;;) {
    name_ = new_name(place_);
    descriptor_ = ::open(name_.c_str(), O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, as_umask_says);
    if (descriptor_ == no_descriptor) {
      name_.clear();
      if (errno == EEXIST) continue;
      return errno;
    }
    // Until the file is locked another process may take it for abandoned.
    ::flock(descriptor_, LOCK_EX);
    struct stat status {};
    if (::fstat(descriptor_, &status) != 0 || status.st_nlink > 0) return 0;
    discard();
  }
}

int TemporaryFile::give_name() {
  for (;;) {
    const fs::path name = new_name(place_);
    if (::linkat(AT_FDCWD, path_of(descriptor_).c_str(), AT_FDCWD, name.c_str(), AT_SYMLINK_FOLLOW) == 0) {
      name_ = name;
      return 0;
    }
    if (errno != EEXIST) return errno;
  }
}

int TemporaryFile::move_into_place() {
  int error = name_.empty() ? give_name() : 0;
  if (error == 0 && ::rename(name_.c_str(), place_.c_str()) != 0) error = errno;
  if (error == 0) name_.clear();
  discard();
  return error;
}

void TemporaryFile::discard() {
  if (!name_.empty()) ::unlink(name_.c_str());
  name_.clear();
  if (descriptor_ != no_descriptor) ::close(descriptor_);
  descriptor_ = no_descriptor;
}

}  // namespace grus
