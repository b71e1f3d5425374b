#include "examples/support/standard_input.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "core/base/error.h"

namespace grus {

std::optional<std::string_view> StandardInput::next() {
  ++number_;
  size_t seen = 0, end = std::string::npos;
  for (;;) {
    end = buffer_.find('\n', begin_ + seen);
    seen = buffer_.size() - begin_;
    require<DataError>(std::min(end, buffer_.size()) - begin_ <= longest_,
                       "{}:{}: need a line of at most {} bytes, got a longer one", name, number_, longest_);
    if (end != std::string::npos || !read_more()) break;
  }
  if (end == std::string::npos && begin_ == buffer_.size()) return std::nullopt;
  end = std::min(end, buffer_.size());
  const std::string_view line = std::string_view(buffer_).substr(begin_, end - begin_);
  begin_ = std::min(end + 1, buffer_.size());
  return line;
}

// Appends the bytes at hand, one chunk at most. Returns false at the end.
bool StandardInput::read_more() {
  constexpr size_t chunk = 1u << 16;
  buffer_.erase(0, begin_);
  begin_ = 0;
  const size_t old = buffer_.size();
  buffer_.resize(old + chunk);
  ssize_t got = 0;
  do got = ::read(STDIN_FILENO, buffer_.data() + old, chunk);
  while (got < 0 && errno == EINTR);
  const int error = errno;
  buffer_.resize(old + static_cast<size_t>(std::max<ssize_t>(got, 0)));
  require<DataError>(got >= 0, "{}: {}", name, std::strerror(error));
  return got > 0;
}

bool standard_input_is_terminal() { return isatty(STDIN_FILENO) != 0; }

size_t lines_at_once(int64_t batch, size_t most) { return batch == 1 || standard_input_is_terminal() ? 1 : most; }

}  // namespace grus
