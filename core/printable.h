#pragma once
// Text from outside inside a message of one line.
#include <string>
#include <string_view>

namespace grus {

/// The text as a line can show it: control characters and bytes that are not UTF-8 as \xNN, and what is longer than
/// `most` bytes cut, with "..." behind it.
std::string printable(std::string_view text, size_t most = 100);

}  // namespace grus
