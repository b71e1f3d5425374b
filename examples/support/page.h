#pragma once
// Pages that a program's commands write beside what they print.
#include <string>
#include <string_view>

namespace grus::programs {

/// What stands at the top of a page, as plain text, and at its end the command, where there is one.
struct PageAbout {
  std::string_view program;
  std::string title, subtitle, command = {};
};
/// Writes the page of these sections (markup); without a file's name it does nothing. Throws as write_file_atomically
/// does.
void write_page(const std::string& file, const PageAbout& about, const std::string& sections);

}  // namespace grus::programs
