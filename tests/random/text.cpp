// Programs as text.
#include <fmt/format.h>

#include <algorithm>

#include "tests/random/program.h"

namespace grus::test {
namespace {

/// Replaces $0, $1, ...; a text that has none of them gets its arguments behind it.
std::string called(const Program::Line& line) {
  std::string text;
  bool named = false;
  for (size_t i = 0; i < line.text.size(); ++i) {
    if (line.text[i] != '$') {
      text += line.text[i];
      continue;
    }
    size_t argument = 0;
    while (i + 1 < line.text.size() && std::isdigit(static_cast<unsigned char>(line.text[i + 1])))
      argument = argument * 10 + static_cast<size_t>(line.text[++i] - '0');
    text += fmt::format("v{}", line.arguments.at(argument));
    named = true;
  }
  return named ? text : fmt::format("{} (v{})", text, fmt::join(line.arguments, ", v"));
}

std::string given_text(const Program::Given& given) {
  if (given.kind == Input::Kind::numbers)
    return fmt::format("{} {}", given.varies ? "numbers" : "constants", given.shape);
  return fmt::format("{} {} {{{}}}", given.kind == Input::Kind::ids ? "ids" : "mask", given.shape,
                     fmt::join(given.numbers, ", "));
}

}  // namespace

std::string to_string(const Program& program) {
  std::string all;
  size_t next = 0;
  const auto give_until = [&](int value) {
    for (; next < program.given.size() && program.given[next].value < value; ++next)
      all += fmt::format("  v{} = {};\n", program.given[next].value, given_text(program.given[next]));
  };
  for (const Program::Line& line : program.lines) {
    give_until(line.first);
    std::string names;
    for (int k = 0; k < line.results; ++k)
      names += fmt::format("{}v{} {}", k ? ", " : "", line.first + k,
                           program.values[static_cast<size_t>(line.first + k)].shape);
    all += fmt::format("  {} = {};\n", names, called(line));
  }
  give_until(static_cast<int>(program.values.size()));
  return all;
}

}  // namespace grus::test
