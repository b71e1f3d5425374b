#pragma once
// Text from outside inside a message of one line.
#include <fmt/core.h>

#include <string>
#include <string_view>

namespace grus {

/// The text as a line can show it: control characters and bytes that are not UTF-8 as \xNN, and what is longer than
/// `most` bytes cut, with "..." behind it.
std::string printable(std::string_view text, size_t most = 100);

/// The same as an argument of a message, worked out only when it is written.
struct Shown {
  std::string_view text;
};

}  // namespace grus

// Written out, because the formatters of fmt are defined in fmt/format.h only.
template <>
struct fmt::formatter<grus::Shown> {
  constexpr auto parse(fmt::format_parse_context& context) { return context.begin(); }
  template <class Context>
  auto format(const grus::Shown& shown, Context& context) const {
    return fmt::format_to(context.out(), "{}", grus::printable(shown.text));
  }
};
