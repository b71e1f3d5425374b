#include "data/read/line_reader.h"

#include <algorithm>

#include "core/base/error.h"

namespace grus::data {
namespace {

constexpr size_t chunk = 1u << 17;
constexpr size_t longest_line = 64'000'000;

}  // namespace

std::optional<std::string_view> LineReader::next() {
  size_t end = buffer_.find('\n', begin_);
  while (end == std::string::npos) {
    const size_t seen = buffer_.size() - begin_;
    require<DataError>(seen <= longest_line, "{}:{}: need lines of at most {} MB, got a longer one", name(),
                       number_ + 1, longest_line / 1'000'000);
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

// Appends a chunk, and returns false at the end.
bool LineReader::read_more() {
  buffer_.erase(0, begin_);
  begin_ = 0;
  const size_t old = buffer_.size();
  buffer_.resize(old + chunk);
  const size_t got = bytes_.read(buffer_.data() + old, chunk);
  buffer_.resize(old + got);
  return got > 0;
}

}  // namespace grus::data
