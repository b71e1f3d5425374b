#include "examples/support/input_lines.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>

#include "core/base/error.h"
#include "data/read/text.h"
#include "examples/support/standard_input.h"

namespace grus::programs {
namespace {

constexpr size_t longest = size_t{1} << 24;  // bytes

std::vector<InputLine> named(const std::vector<std::string>& given, std::string_view noun) {
  std::vector<InputLine> lines;
  for (const std::string& text : given) {
    lines.push_back({text, fmt::format("{} {}", noun, lines.size() + 1)});
    const size_t bad = data::find_invalid_utf8(text);
    require<UsageError>(bad == std::string::npos, "{}: invalid UTF-8 at byte {}", lines.back().where, bad + 1);
  }
  return lines;
}

}  // namespace

void for_input(const std::vector<std::string>& given, std::string_view noun, int64_t most,
               const std::function<void(std::span<const InputLine> lines)>& answer) {
  const auto answer_and_flush = [&](std::span<const InputLine> lines) {
    answer(lines);
    std::fflush(stdout);
  };
  const auto count = static_cast<size_t>(most);
  const std::vector<InputLine> all = named(given, noun);
  for (size_t begin = 0; begin < all.size(); begin += count)
    answer_and_flush(std::span(all).subspan(begin, std::min(count, all.size() - begin)));
  if (!given.empty()) return;
  const size_t at_once = lines_at_once(most, count);
  StandardInput input(longest);
  std::vector<InputLine> waiting;
  while (const auto line = input.next()) {
    waiting.push_back({data::clean_line(*line, StandardInput::name, input.number()),
                       fmt::format("{}:{}", StandardInput::name, input.number())});
    if (waiting.size() < at_once) continue;
    answer_and_flush(waiting);
    waiting.clear();
  }
  if (!waiting.empty()) answer_and_flush(waiting);
}

}  // namespace grus::programs
