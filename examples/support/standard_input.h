#pragma once
// Lines of standard input are read as they come.
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace grus {

/// Unlike data::LineReader it waits for no more than one line, so that a person or another program can hold a dialogue.
class StandardInput {
 public:
  static constexpr std::string_view name = "standard input";
  explicit StandardInput(size_t longest) : longest_(longest) {}
  /// Returns the next line without its end, valid until the next call, or nothing at the end. Throws DataError for a
  /// stream that cannot be read and, before it is held, for a line of more than `longest` bytes.
  std::optional<std::string_view> next();
  /// Returns the number of the line last returned, from 1.
  int64_t number() const { return number_; }

 private:
  bool read_more();

  const size_t longest_;
  std::string buffer_;
  size_t begin_ = 0;  // where the text begins that was not returned yet
  int64_t number_ = 0;
};

/// Says whether a person types it.
bool standard_input_is_terminal();
/// Returns how many lines are read before they are answered: one where a person types, and where one at a time is asked
/// for (--batch 1), so that another program can hold a dialogue; else `most`.
size_t lines_at_once(int64_t batch, size_t most);

}  // namespace grus
