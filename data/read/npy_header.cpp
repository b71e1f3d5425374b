#include <array>
#include <charconv>
#include <utility>
#include <vector>

#include "core/base/printable.h"
#include "data/read/npy_format.h"

namespace grus::data {
namespace {

// Reads the header's Python literal, as {'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }.
class HeaderParser {
 public:
  HeaderParser(std::string_view text, const std::string& file) : text_(text), file_(file) {}

  NpyHeader parse() {
    NpyHeader header;
    std::array<bool, 3> seen{};
    need('{');
    while (!accept('}')) {
      const std::string key = quoted();
      need(':');
      const size_t which = key == "descr" ? 0 : key == "fortran_order" ? 1 : key == "shape" ? 2 : 3;
      if (which == 3 || std::exchange(seen[which], true)) fail_here();
      if (which == 0) header.descr = descr();
      if (which == 1) header.fortran = truth();
      if (which == 2) header.shape = shape();
      if (!accept(',') && peek() != '}') fail_here();
    }
    if (peek() != '\0' || !(seen[0] && seen[1] && seen[2])) fail_here();
    return header;
  }

 private:
  [[noreturn]] void fail_here() const {
    fail<DataError>(
        "{}: need a header {{'descr': ..., 'fortran_order': ..., 'shape': ...}}, got an error at byte {}: "
        "'{}'",
        file_, at_, Shown{text_});
  }
  char peek() {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\n')) ++at_;
    return at_ < text_.size() ? text_[at_] : '\0';
  }
  bool accept(char c) {
    if (peek() != c || at_ == text_.size()) return false;
    ++at_;
    return true;
  }
  void need(char c) {
    if (!accept(c)) fail_here();
  }
  std::string quoted() {
    const char quote = peek();
    if (quote != '\'' && quote != '"') fail_here();
    const size_t end = text_.find(quote, at_ + 1);
    if (end == std::string_view::npos) fail_here();
    const std::string_view found = text_.substr(at_ + 1, end - at_ - 1);
    at_ = end + 1;
    return std::string(found);
  }
  std::string descr() {
    const bool is_list = peek() == '[';
    require<DataError>(!is_list, "{}: need elements of one number, got the fields '{}'", file_,
                       Shown{text_.substr(at_)});
    return quoted();
  }
  bool truth() {
    peek();
    for (const std::string_view word : {"True", "False"})
      if (text_.substr(at_).starts_with(word)) {
        at_ += word.size();
        return word == "True";
      }
    fail_here();
  }
  Shape shape() {
    std::vector<int64_t> sizes;
    need('(');
    while (!accept(')')) {
      peek();
      int64_t size = 0;
      const auto [end, error] = std::from_chars(text_.data() + at_, text_.data() + text_.size(), size);
      if (error != std::errc() || size < 0) fail_here();
      at_ = static_cast<size_t>(end - text_.data());
      accept('L');  // Python 2 wrote it behind long integers
      sizes.push_back(size);
      if (!accept(',') && peek() != ')') fail_here();
    }
    require<DataError>(sizes.size() <= max_rank, "{}: need at most {} axes, got {}", file_, max_rank, sizes.size());
    return Shape(std::span<const int64_t>(sizes));
  }

  std::string_view text_;
  const std::string& file_;
  size_t at_ = 0;
};

}  // namespace

NpyHeader parse_npy_header(std::string_view text, const std::string& file) { return HeaderParser(text, file).parse(); }

}  // namespace grus::data
