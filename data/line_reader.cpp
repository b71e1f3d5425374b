#include "data/line_reader.h"

#include <unistd.h>
#include <zlib.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <system_error>

#include "core/base/error.h"

namespace grus::data {
namespace {

constexpr unsigned chunk = 1u << 17;
constexpr size_t longest_line = 64'000'000;

gzFile open_for_reading(const std::string& path) {
  errno = 0;
  if (path == "-") return gzdopen(dup(STDIN_FILENO), "rb");
  std::error_code ignored;
  require<DataError>(!std::filesystem::is_directory(path, ignored), "{}: need a file, got a directory", path);
  return gzopen(path.c_str(), "rb");
}

}  // namespace

struct LineReader::File {
  gzFile handle;
  ~File() {
    if (handle != nullptr) gzclose(handle);
  }
};

LineReader::LineReader(const std::string& path)
    : name_(path == "-" ? "standard input" : path), file_(new File{open_for_reading(path)}) {
  require<DataError>(file_->handle != nullptr, "{}: {}", name_, std::strerror(errno != 0 ? errno : ENOMEM));
  gzbuffer(file_->handle, chunk);
}

LineReader::~LineReader() = default;

std::optional<std::string_view> LineReader::next() {
  size_t end = buffer_.find('\n', begin_);
  while (end == std::string::npos) {
    const size_t seen = buffer_.size() - begin_;
    require<DataError>(seen <= longest_line, "{}:{}: need lines of at most {} MB, got a longer one", name_, number_ + 1,
                       longest_line / 1'000'000);
    if (!read_more()) break;
    end = buffer_.find('\n', begin_ + seen);
  }
  if (end == std::string::npos) {
    if (begin_ == buffer_.size()) return std::nullopt;
    end = buffer_.size();
  }
  const std::string_view line = std::string_view(buffer_).substr(begin_, end - begin_);
  begin_ = std::min(end + 1, buffer_.size());
  ++number_;
  return line;
}

int64_t LineReader::count_rest() {
  int64_t lines = 0;
  bool open = false;  // there are bytes behind the last line end
  do {
    const std::string_view rest = std::string_view(buffer_).substr(begin_);
    lines += std::count(rest.begin(), rest.end(), '\n');
    if (!rest.empty()) open = rest.back() != '\n';
    begin_ = buffer_.size();
  } while (read_more());
  number_ += lines + open;
  return lines + open;
}

// Appends a chunk of unpacked bytes; zlib hands plain ones through. Returns false at the end.
bool LineReader::read_more() {
  buffer_.erase(0, begin_);
  begin_ = 0;
  const size_t old = buffer_.size();
  buffer_.resize(old + chunk);
  const int got = gzread(file_->handle, buffer_.data() + old, chunk);
  buffer_.resize(old + static_cast<size_t>(std::max(got, 0)));
  bytes_ += std::max(got, 0);
  if (got <= 0) check();
  return got > 0;
}

// Throws at the end of a file that is cut short, damaged or could not be read.
void LineReader::check() const {
  int code = Z_OK;
  const char* message = gzerror(file_->handle, &code);
  require<DataError>(code != Z_BUF_ERROR, "{}: the gzip file is cut short (after {} bytes of text)", name_, bytes_);
  require<DataError>(code != Z_ERRNO, "{}: {}", name_, std::strerror(errno));
  require<DataError>(code == Z_OK || code == Z_STREAM_END, "{}: damaged gzip file (after {} bytes of text): {}", name_,
                     bytes_, message);
}

}  // namespace grus::data
