#include "core/base/file_bytes.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>
#include <vector>

#include "core/base/error.h"

namespace grus {
namespace {

namespace fs = std::filesystem;

thread_local std::vector<std::pair<fs::path, std::string_view>> memory_files;

}  // namespace

MemoryFile::MemoryFile(fs::path path, std::string_view bytes) : path_(std::move(path)) {
  memory_files.emplace_back(path_, bytes);
}

MemoryFile::~MemoryFile() {
  const auto at =
      std::find_if(memory_files.rbegin(), memory_files.rend(), [&](const auto& file) { return file.first == path_; });
  if (at != memory_files.rend()) memory_files.erase(std::next(at).base());
}

const std::string_view* find_memory_file(const fs::path& path) {
  const auto at =
      std::find_if(memory_files.rbegin(), memory_files.rend(), [&](const auto& file) { return file.first == path; });
  return at == memory_files.rend() ? nullptr : &at->second;
}

bool is_file(const fs::path& path) {
  std::error_code ignored;
  return find_memory_file(path) || fs::is_regular_file(path, ignored);
}

FileBytes::FileBytes(const fs::path& path, uint64_t begin, uint64_t most) : name_(path.string()), left_(most) {
  if (const std::string_view* bytes = find_memory_file(path)) {
    memory_ = bytes->substr(static_cast<size_t>(std::min<uint64_t>(begin, bytes->size())));
    size_ = left_ = std::min<uint64_t>(most, memory_.size());
    return;
  }
  file_ = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  require<DataError>(file_ >= 0, "{}: {}", name_, std::strerror(errno));
  struct stat about {};
  if (::fstat(file_, &about) == 0 && S_ISREG(about.st_mode)) {
    const uint64_t bytes = static_cast<uint64_t>(about.st_size) - std::min<uint64_t>(begin, about.st_size);
    size_ = std::min(most, bytes);
  }
  if (begin > 0) ::lseek(file_, static_cast<off_t>(begin), SEEK_SET);
}

FileBytes::FileBytes(FileBytes&& other) noexcept
    : name_(std::move(other.name_)),
      memory_(other.memory_),
      file_(std::exchange(other.file_, -1)),
      size_(other.size_),
      left_(other.left_) {}

FileBytes::~FileBytes() {
  if (file_ >= 0) ::close(file_);
}

size_t FileBytes::read(void* to, size_t most) {
  const auto want = static_cast<size_t>(std::min<uint64_t>(most, left_));
  size_t done = 0;
  if (file_ < 0) {
    done = std::min(want, memory_.size());
    std::memcpy(to, memory_.data(), done);
    memory_.remove_prefix(done);
  }
  while (file_ >= 0 && done < want) {
    const ssize_t got = ::read(file_, static_cast<char*>(to) + done, want - done);
    if (got < 0 && errno == EINTR) continue;
    require<DataError>(got >= 0, "{}: {}", name_, std::strerror(errno));
    if (got == 0) break;
    done += static_cast<size_t>(got);
  }
  left_ -= done;
  return done;
}

}  // namespace grus
