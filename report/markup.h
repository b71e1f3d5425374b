#pragma once
// Functions for text on its way into HTML and SVG.
#include <fmt/core.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace grus::report {

/// Escapes text for an element or a quoted attribute. What is no UTF-8 or forbidden in XML becomes U+FFFD.
std::string escape(std::string_view text);

/// Returns the text with U+FFFD for every byte that is no UTF-8.
std::string valid_utf8(std::string_view text);

/// Counts columns: East Asian wide characters take two, combining marks none.
int64_t columns(std::string_view text);

/// Returns the text itself, or its beginning and an ellipsis, in at most `most` columns.
std::string shortened(std::string_view text, int64_t most);

/// Returns 1234567 as "1,234,567".
std::string grouped(int64_t number);

/// Returns a rounded count: "202,600", "6.21 M", "1.5 G".
std::string rounded_count(double count);

/// Returns seconds as "41 min", "2 h 5 min" or "38 s".
std::string duration(double seconds);

/// A piece of text and how dark it is, from 0 to 1; `title` shows under the pointer.
struct Shade {
  std::string text, title;
  double share = 0;
};
/// Returns the pieces as markup, `between` behind each.
std::string shaded(const std::vector<Shade>& pieces, std::string_view between = "");

/// Appends formatted text.
template <class... Args>
void append(std::string& out, fmt::format_string<Args...> format, Args&&... args) {
  out += fmt::format(format, std::forward<Args>(args)...);
}

}  // namespace grus::report
