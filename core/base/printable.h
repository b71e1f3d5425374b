#pragma once
// Text from outside as a message of one line shows it.
#include <fmt/core.h>

#include <string>
#include <string_view>

namespace grus {

/// Returns the text as one line can show it: control characters and bytes that are not UTF-8 become \xNN, and a text of
/// more than `most` bytes is cut and ends in "...".
std::string printable(std::string_view text, size_t most = 100);

/// Shown is a message's argument that is made printable only when the message is written.
struct Shown {
  std::string_view text;
};

}  // namespace grus

// The formatters are written out because fmt defines its own in fmt/format.h only.
template <>
struct fmt::formatter<grus::Shown> {
  constexpr auto parse(fmt::format_parse_context& context) { return context.begin(); }
  template <class Context>
  auto format(const grus::Shown& shown, Context& context) const {
    return fmt::format_to(context.out(), "{}", grus::printable(shown.text));
  }
};
