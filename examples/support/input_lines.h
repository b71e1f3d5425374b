#pragma once
// What a command answers: texts of its command line or, without any, lines of standard input.
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace grus::programs {

struct InputLine {
  std::string text;
  std::string where;  // "word 2", "standard input:7"
};

/// Gives `answer` up to `most` lines at a time, one where a person types, and flushes standard output behind each
/// answer. A text of the command line is named `noun` and its number. Throws UsageError for one that is not UTF-8,
/// DataError for such a line and for one of more than 16 MiB.
void for_input(const std::vector<std::string>& given, std::string_view noun, int64_t most,
               const std::function<void(std::span<const InputLine> lines)>& answer);

}  // namespace grus::programs
