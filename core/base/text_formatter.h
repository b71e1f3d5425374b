#pragma once
// The base of fmt's formatters of our types, each of which is written as one text.
#include <fmt/core.h>

#include <string_view>

namespace grus {

/// Formats "{}"; a format specification is an error at compile time. Its body stands in one source, because a formatter
/// that calls fmt::format_to compiles half of fmt again in every source that includes fmt/format.h.
class TextFormatter {
 public:
  constexpr auto parse(fmt::format_parse_context& context) { return context.begin(); }

 protected:
  static fmt::format_context::iterator write(std::string_view text, fmt::format_context& context);
};

}  // namespace grus
