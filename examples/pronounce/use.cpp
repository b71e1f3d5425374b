// The commands `eval` and `run`.
#include <fmt/format.h>

#include <cmath>

#include "core/base/error.h"
#include "examples/pronounce/commands.h"
#include "examples/pronounce/pictures.h"
#include "examples/support/input_lines.h"
#include "examples/support/page.h"

namespace grus::tasks::pronounce {
namespace {

void print(const std::string& word, const std::vector<seq2seq::Translation>& found, bool n_best) {
  if (!n_best) return fmt::print("{}\t{}\n", word, found.front().text);
  for (size_t k = 0; k < found.size(); ++k)
    fmt::print("{}\t{}\t{:.4f}\t{}\n", word, k + 1, std::exp(found[k].log_probability), found[k].text);
}

}  // namespace

int eval(EvalOptions& o, const std::string& command_line) {
  const Loaded loaded = load(o.use);
  const TrainOptions& trained = loaded.options;
  const std::string& file = o.dictionary.empty() ? trained.dictionary : o.dictionary;
  const Dictionary all = read_dictionary(file, trained.stress);
  const Dictionary words =
      o.dictionary.empty()
          ? split_dictionary(all, trained.hold_valid, trained.hold_test, static_cast<uint64_t>(trained.split_seed)).test
          : all;
  for (const Entry& entry : words) check_word(loaded.speakers, entry.word, fmt::format("{}:{}", file, entry.line));
  const Judgement found = judge(loaded.speakers, words, {.beam = o.beam, .batch_rows = o.use.batch * o.beam});
  fmt::print("{}\n", summary(found));
  if (o.out.empty()) return 0;
  report::Figures drawn;
  const std::string sections = pictures(loaded.speakers, words, found, drawn);
  programs::write_page(o.out, {"pronounce", "Letters to phones", o.use.model, command_line}, sections);
  return 0;
}

int run(RunOptions& o, const std::string&) {
  const Loaded loaded = load(o.use);
  const seq2seq::SearchOptions search{.beam = o.beam,
                                      .n_best = std::max<int64_t>(1, o.n_best),
                                      .batch_rows = o.use.batch * o.beam,
                                      .weights = !o.page.empty()};
  std::string drawn;
  report::Figures figures;
  programs::for_input(o.words, "word", o.use.batch == 1 ? 1 : o.use.batch * 16,
                      [&](std::span<const programs::InputLine> lines) {
                        std::vector<std::string> words;
                        for (const programs::InputLine& line : lines) {
                          check_word(loaded.speakers, line.text, line.where);
                          words.push_back(line.text);
                        }
                        const auto found = say(loaded.speakers, words, search);
                        for (size_t n = 0; n < words.size(); ++n) {
                          print(words[n], found[n], o.n_best > 0);
                          if (!o.page.empty()) drawn += alignment_picture(words[n], found[n].front(), figures);
                        }
                      });
  programs::write_page(o.page, {"pronounce", "Letters and phones", o.use.model},
                       report::section("Where each phone (down) comes from (across)", report::in_pairs(drawn)));
  return 0;
}

}  // namespace grus::tasks::pronounce
