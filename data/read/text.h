#pragma once
// Text as it comes in: lines of plain or gzip files, checked to be UTF-8.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace grus::data {

/// Reads the lines of a plain or gzip file (told apart by its first bytes), without line ends. A byte order mark and
/// CRLF line ends are dropped; the last line needs no end. Only "\n" ends a line. Throws DataError for a missing file,
/// a directory, gzip cut short or damaged, or "FILE:LINE: invalid UTF-8 at byte K" (K counts from 1 within the line as
/// the file has it).
std::vector<std::string> read_lines(const std::string& path);

inline constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";

/// Returns one line as `read_lines` would give it: the carriage return at its end dropped (and in line 1 the byte order
/// mark), UTF-8 checked. It is for streams read line by line; `name` and `number` (from 1) are for the error.
std::string clean_line(std::string_view line, std::string_view name, int64_t number);

/// Returns the offset of the first byte that is not UTF-8 (overlong forms and surrogates are not), or npos.
size_t find_invalid_utf8(std::string_view text);

/// Splits valid UTF-8 text into code points, each as a view of its bytes.
std::vector<std::string_view> split_code_points(std::string_view text);

/// Splits on runs of ASCII space and tab only: U+00A0, U+202F and the like stay inside a token. No token is empty.
std::vector<std::string_view> split_spaces(std::string_view text);

/// Returns the text without the ASCII spaces and tabs at its ends.
std::string_view trimmed(std::string_view text);

/// Returns the line with one space for each run of spaces and tabs, and none at its ends.
std::string collapse_spaces(std::string_view text);

/// Returns all bytes of a file as they are. Throws DataError when it cannot be read, or has more than `most`.
std::string read_whole_file(const std::string& path, size_t most = SIZE_MAX);

}  // namespace grus::data
