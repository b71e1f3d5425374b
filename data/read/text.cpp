#include "data/read/text.h"

#include <fmt/format.h>
#include <utf8proc.h>

#include <algorithm>
#include <filesystem>
#include <system_error>

#include "core/base/error.h"
#include "core/base/pack.h"
#include "data/read/line_reader.h"

namespace grus::data {
size_t find_invalid_utf8(std::string_view text) {
  const auto* bytes = reinterpret_cast<const utf8proc_uint8_t*>(text.data());
  size_t at = 0;
  while (at < text.size()) {
    if (bytes[at] < 0x80) {
      ++at;
      continue;
    }
    utf8proc_int32_t code_point = 0;
    const auto length = utf8proc_iterate(bytes + at, static_cast<utf8proc_ssize_t>(text.size() - at), &code_point);
    if (length < 1) return at;
    at += static_cast<size_t>(length);
  }
  return std::string_view::npos;
}

std::string clean_line(std::string_view line, std::string_view name, int64_t number) {
  size_t dropped = 0;
  if (number == 1 && line.starts_with(byte_order_mark)) {
    dropped = byte_order_mark.size();
    line.remove_prefix(dropped);
  }
  if (line.ends_with('\r')) line.remove_suffix(1);
  const size_t bad = find_invalid_utf8(line);
  require<DataError>(bad == std::string_view::npos, "{}:{}: invalid UTF-8 at byte {}", name, number, bad + dropped + 1);
  return std::string(line);
}

std::vector<std::string> read_lines(const std::string& path) {
  LineReader reader(path);
  std::vector<std::string> lines;
  bool only_mark = false;
  while (const std::optional<std::string_view> line = reader.next()) {
    only_mark = *line == byte_order_mark;
    lines.push_back(clean_line(*line, reader.name(), reader.number()));
  }
  // A file of nothing but a byte order mark is an empty file.
  if (lines.size() == 1 && only_mark) lines.clear();
  return lines;
}

std::vector<std::string_view> split_code_points(std::string_view text) {
  std::vector<std::string_view> points;
  points.reserve(text.size());
  for (size_t begin = 0; begin < text.size();) {
    size_t end = begin + 1;
    while (end < text.size() && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) ++end;
    points.push_back(text.substr(begin, end - begin));
    begin = end;
  }
  return points;
}

std::vector<std::string_view> split_spaces(std::string_view text) {
  std::vector<std::string_view> tokens;
  size_t end = 0;
  for (;;) {
    const size_t begin = text.find_first_not_of(" \t", end);
    if (begin == std::string_view::npos) return tokens;
    end = std::min(text.find_first_of(" \t", begin), text.size());
    tokens.push_back(text.substr(begin, end - begin));
  }
}

std::string_view trimmed(std::string_view text) {
  const size_t first = text.find_first_not_of(" \t");
  return first == text.npos ? std::string_view() : text.substr(first, text.find_last_not_of(" \t") + 1 - first);
}

std::string collapse_spaces(std::string_view text) { return fmt::format("{}", fmt::join(split_spaces(text), " ")); }

std::string read_whole_file(const std::string& path, size_t most) {
  std::error_code ignored;
  require<DataError>(!std::filesystem::is_directory(path, ignored), "{}: need a file, got a directory", path);
  FileBytes file = open_file_or_member(path);
  std::string content;
  std::vector<char> chunk(1u << 16);
  while (const size_t got = file.read(chunk.data(), chunk.size())) {
    require<DataError>(got <= most - content.size(), "{}: need a file of at most {} bytes, got more", path, most);
    content.append(chunk.data(), got);
  }
  return content;
}

}  // namespace grus::data
