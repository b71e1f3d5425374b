#pragma once
// Text from outside as a message of one line shows it.
#include <string>
#include <string_view>

#include "core/base/text_formatter.h"

namespace grus {

/// Returns the text as one line can show it: control characters and bytes that are not UTF-8 become \xNN, and a text of
/// more than `most` bytes is cut and ends in "...".
std::string printable(std::string_view text, size_t most = 100);

/// Shown is a message's argument that is made printable only when the message is written.
struct Shown {
  std::string_view text;
};

}  // namespace grus

template <>
struct fmt::formatter<grus::Shown> : grus::TextFormatter {
  auto format(const grus::Shown& shown, fmt::format_context& context) const {
    return write(grus::printable(shown.text), context);
  }
};
