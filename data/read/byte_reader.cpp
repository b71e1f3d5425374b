#include "data/read/byte_reader.h"

#include <fcntl.h>
#include <unistd.h>
#include <zlib.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <limits>
#include <optional>
#include <system_error>

#include "core/base/error.h"
#include "core/base/file_bytes.h"
#include "core/base/pack.h"

namespace grus::data {
namespace {

constexpr unsigned buffer_bytes = 1u << 17;
constexpr uint64_t step = 1u << 20;  // memory is taken so many bytes at a time

// zlib reads from where the file stands.
gzFile open_member(const PackMember& member) {
  const int file = ::open(member.pack.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0 || ::lseek(file, static_cast<off_t>(member.begin), SEEK_SET) < 0) return nullptr;
  return gzdopen(file, "rb");
}

gzFile open_for_reading(const std::string& path, uint64_t& most) {
  errno = 0;
  if (path == "-") return gzdopen(dup(STDIN_FILENO), "rb");
  if (const auto member = find_member(path)) {
    most = member->bytes;
    return open_member(*member);
  }
  std::error_code ignored;
  require<DataError>(!std::filesystem::is_directory(path, ignored), "{}: need a file, got a directory", path);
  return gzopen(path.c_str(), "rb");
}

}  // namespace

size_t ByteSource::read(char* to, size_t most) {
  const size_t got = read_some(to, static_cast<unsigned>(std::min<uint64_t>(most, step)));
  position_ += got;
  return got;
}

std::string ByteSource::take(uint64_t count, const char* what) {
  std::string bytes;
  while (bytes.size() < count) {
    const size_t old = bytes.size(), more = static_cast<size_t>(std::min(count - old, step));
    if (old + more > bytes.capacity()) bytes.reserve(static_cast<size_t>(std::min<uint64_t>(count, 2 * (old + more))));
    bytes.resize(old + more);
    const size_t got = read(bytes.data() + old, more);
    bytes.resize(old + got);
    require<DataError>(got > 0, "{}: need {} bytes of {}, got {} and then the end of the file at byte {}", name_, count,
                       what, old, position_);
  }
  return bytes;
}

std::string ByteSource::take_rest(uint64_t most, const char* what) {
  std::string bytes, chunk(step, '\0');
  while (const size_t got = read(chunk.data(), chunk.size())) {
    require<DataError>(got <= most - bytes.size(), "{}: need at most {} bytes of {}, got more", name_, most, what);
    bytes.append(chunk, 0, got);
  }
  return bytes;
}

uint64_t ByteSource::skip(uint64_t count) {
  std::array<char, 1u << 14> passed;
  const uint64_t begin = position_;
  while (position_ - begin < count)
    if (read(passed.data(), static_cast<size_t>(std::min<uint64_t>(passed.size(), count - (position_ - begin)))) == 0)
      break;
  return position_ - begin;
}

struct ByteReader::File {
  explicit File(const std::string& path) {
    const std::filesystem::path at = path;
    if (find_memory_file(at) || find_memory_file(at.parent_path())) memory.emplace(open_file_or_member(at));
    else handle = open_for_reading(path, left);
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  uint64_t left = std::numeric_limits<uint64_t>::max();  // bytes of a pack's member
  gzFile handle = nullptr;
  std::optional<FileBytes> memory;  // a MemoryFile's bytes, which are plain
  ~File() {
    if (handle != nullptr) gzclose_r(handle);
  }
};

ByteReader::ByteReader(const std::string& path)
    : ByteSource(path == "-" ? "standard input" : path), file_(new File(path)) {
  if (file_->memory) return;
  require<DataError>(file_->handle != nullptr, "{}: {}", name(), std::strerror(errno != 0 ? errno : ENOMEM));
  gzbuffer(file_->handle, buffer_bytes);
}

ByteReader::~ByteReader() = default;

// zlib hands plain bytes through.
size_t ByteReader::read_some(char* to, unsigned most) {
  if (file_->memory) return file_->memory->read(to, most);
  const int got = gzread(file_->handle, to, static_cast<unsigned>(std::min<uint64_t>(most, file_->left)));
  if (got <= 0 && file_->left > 0) check();
  file_->left -= static_cast<uint64_t>(std::max(got, 0));
  return static_cast<size_t>(std::max(got, 0));
}

// Throws at the end of a file that is cut short, damaged or could not be read.
void ByteReader::check() const {
  int code = Z_OK;
  const char* message = gzerror(file_->handle, &code);
  require<DataError>(code != Z_BUF_ERROR, "{}: the gzip file is cut short (after {} unpacked bytes)", name(),
                     position());
  require<DataError>(code != Z_ERRNO, "{}: {}", name(), std::strerror(errno));
  require<DataError>(code == Z_OK || code == Z_STREAM_END, "{}: damaged gzip file (after {} unpacked bytes): {}",
                     name(), position(), message);
}

}  // namespace grus::data
