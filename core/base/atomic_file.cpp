#include "core/base/atomic_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "core/base/descriptor.h"
#include "core/base/error.h"

namespace grus {
namespace {

namespace fs = std::filesystem;

// The target of a symbolic link is replaced, and not the link itself.
fs::path resolve(const fs::path& path) {
  std::error_code ignored;
  if (!fs::is_symlink(path, ignored)) return path;
  const fs::path target = fs::weakly_canonical(path, ignored);
  return ignored ? path : target;
}

bool is_special(const fs::path& path) {
  std::error_code ignored;
  const fs::file_status status = fs::status(path, ignored);
  return fs::exists(status) && !fs::is_regular_file(status) && !fs::is_directory(status);
}

// A rename is only sure to survive a power cut once its folder is on the disk. A file system that cannot flush a folder
// is no error.
void flush_folder(const fs::path& file) {
  const fs::path folder = file.has_parent_path() ? file.parent_path() : fs::path(".");
  const int descriptor = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor == no_descriptor) return;
  ::fsync(descriptor);
  ::close(descriptor);
}

}  // namespace

AtomicFile::AtomicFile(fs::path path) : path_(resolve(path)) {
  std::error_code ignored;
  if (fs::is_directory(path_, ignored)) give_up(EISDIR);
  if (!is_special(path_)) {
    if (const int error = temporary_.open(path_)) give_up(error);
    return;
  }
  special_ = ::open(path_.c_str(), O_WRONLY | O_CLOEXEC);
  if (special_ == no_descriptor) give_up(errno);
}

AtomicFile::~AtomicFile() {
  if (special_ != no_descriptor) ::close(special_);
}

int AtomicFile::descriptor() const {
  const int open = special_ != no_descriptor ? special_ : temporary_.descriptor();
  require<UsageError>(open != no_descriptor, "[write {}] need an open file, got a committed one", path_.string());
  return open;
}

void AtomicFile::write(std::string_view bytes) {
  const int file = descriptor();
  while (!bytes.empty()) {
    const ssize_t count = ::write(file, bytes.data(), bytes.size());
    if (count > 0) bytes.remove_prefix(static_cast<size_t>(count));
    if (count < 0 && errno != EINTR) give_up(errno);
  }
}

void AtomicFile::commit() {
  const int file = descriptor();
  if (special_ != no_descriptor) {
    special_ = no_descriptor;
    if (::close(file) != 0) give_up(errno);
    return;
  }
  if (::fsync(file) != 0) give_up(errno);
  if (const int error = temporary_.move_into_place()) give_up(error);
  flush_folder(path_);
}

void AtomicFile::give_up(int error) {
  if (special_ != no_descriptor) ::close(special_);
  special_ = no_descriptor;
  temporary_.discard();
  fail<Error>("[write {}] need a file that can be written, got: {}", path_.string(),
              std::generic_category().message(error));
}

void write_file_atomically(const fs::path& path, std::string_view bytes) {
  AtomicFile file(path);
  file.write(bytes);
  file.commit();
}

}  // namespace grus
