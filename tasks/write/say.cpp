// What a model says, as the commands `run` and `complete` print it.
#include <fmt/format.h>

#include "tasks/write/writer.h"

namespace grus::tasks::write {
namespace {

// On a command line \n is easier to type than a line's end.
std::string with_line_ends(std::string text) {
  for (size_t at = 0; (at = text.find("\\n", at)) != std::string::npos; ++at) text.replace(at, 2, "\n");
  return text;
}

}  // namespace

void write_on(const Loaded& loaded, const RunOptions& o, const std::function<void(const std::string& text)>& act) {
  const std::vector<int32_t> prompt =
      language::prompt_ids(loaded.codec, with_line_ends(o.prompt), loaded.knows_unknown);
  language::Cursor behind(loaded.model);
  behind.read(prompt);
  Rng rng(static_cast<uint64_t>(o.seed));
  for (int64_t i = 0; i < o.samples; ++i) {
    language::Cursor cursor = behind;
    std::vector<int32_t> ids = language::sample(cursor, o.length, o.draw, rng, o.lines);
    if (ids.back() == data::EOS) ids.pop_back();
    ids.insert(ids.begin(), prompt.begin(), prompt.end());
    act(language::text_of(loaded.codec, ids));
  }
}

std::string completions(const Loaded& loaded, const language::Suggester& suggester, const std::string& line,
                        int64_t count) {
  std::string words;
  for (const language::Suggestion& one :
       suggester.of_line(language::Cursor(loaded.model), line, loaded.knows_unknown, count))
    words += fmt::format("{}{} {:.1f} %", words.empty() ? "" : "   ", one.word, 100 * one.probability);
  return words.empty() ? "(none)" : words;
}

}  // namespace grus::tasks::write
