// The commands `eval`, `run`, `score` and `complete`.
#include <fmt/format.h>
#include <unistd.h>

#include <cmath>

#include "core/base/error.h"
#include "data/read/text.h"
#include "examples/support/input_lines.h"
#include "examples/support/standard_input.h"
#include "examples/write/commands.h"
#include "language/keystrokes.h"

namespace grus::tasks::write {
namespace {

/// Calls act(line) for each text of the command line or, where there is none, each line of standard input.
template <class Act>
void each_line(const std::vector<std::string>& texts, const Act& act) {
  programs::for_input(texts, "text", 1, [&](std::span<const programs::InputLine> lines) { act(lines.front().text); });
}

}  // namespace

int eval(EvalOptions& o, const std::string&) {
  require<UsageError>(!o.text.empty(), "--text: need a text to measure, got none");
  const Loaded loaded = o.load();
  const std::vector<std::string> lines = data::read_lines(o.text);
  require<DataError>(!lines.empty(), "{}: need text, got an empty file", o.text);
  language::Cursor cursor(loaded.model);
  const language::Likelihood all = language::likelihood(cursor, loaded.codec, lines);
  fmt::print("{:.4f} nats a token, perplexity {:.2f} of {} tokens; {:.4f} nats and {:.4f} bits a character of {}\n",
             all.nats / static_cast<double>(all.tokens), all.perplexity(), all.tokens,
             all.nats / static_cast<double>(all.characters), all.bits_per_character(), all.characters);
  if (o.cache.size > 0) {
    const language::Likelihood cached = language::cached_likelihood(loaded.model, loaded.codec, lines, o.cache);
    fmt::print("with a cache of {}: perplexity {:.2f}\n", o.cache.size, cached.perplexity());
  }
  if (o.keystrokes == 0) return 0;
  const language::Suggester suggester(loaded.codec);
  const language::Keystrokes keys = language::count_keystrokes(language::Cursor(loaded.model), suggester, lines,
                                                               loaded.knows_unknown, 3, o.keystrokes);
  fmt::print("{:.1f} % of the keys saved by three suggestions: {} for {} characters of {} words\n", 100 * keys.saved(),
             keys.keys, keys.characters, keys.words);
  return 0;
}

int run(RunOptions& o, const std::string&) {
  const Loaded loaded = o.load();
  int64_t i = 0;
  write_on(loaded, o, [&](const std::string& text) {
    fmt::print("{}{}\n", i++ == 0 ? "" : "\n", text);
    std::fflush(stdout);
  });
  return 0;
}

int score(ScoreOptions& o, const std::string&) {
  const Loaded loaded = o.load();
  language::Cursor cursor(loaded.model);
  language::Likelihood all;
  fmt::print("log p\tperplexity\tbits a character\n");
  const auto show = [](const language::Likelihood& of, std::string_view what) {
    fmt::print("{:.4f}\t{:.2f}\t{:.4f}\t{}\n", -of.nats, of.perplexity(), of.bits_per_character(), what);
  };
  each_line(o.texts, [&](const std::string& line) {
    language::prompt_ids(loaded.codec, line, loaded.knows_unknown);  // refuses what the model cannot read
    if (!o.together) cursor = language::Cursor(loaded.model);
    const language::Likelihood of = language::likelihood(cursor, loaded.codec, std::span(&line, 1));
    all += of;
    show(of, line);
  });
  if (all.tokens > 0) show(all, "(all)");
  return 0;
}

int complete(CompleteOptions& o, const std::string&) {
  const Loaded loaded = o.load();
  const language::Suggester suggester(loaded.codec);
  const bool terminal = o.texts.empty() && standard_input_is_terminal();
  const auto ask = [&] {
    if (terminal) fmt::print("> ");
    std::fflush(stdout);
  };
  if (terminal) fmt::print("Type the beginning of a line; behind a space stands the next word. Ctrl-D ends.\n");
  ask();
  each_line(o.texts, [&](const std::string& line) {
    fmt::print("{}\n", completions(loaded, suggester, line, o.count));
    ask();
  });
  if (terminal) fmt::print("\n");
  return 0;
}

}  // namespace grus::tasks::write
