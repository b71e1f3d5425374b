// The subcommand `rank`: table 2 of Cho et al. 2014, the best targets of a source phrase by the table and by the model.
#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "data/pairs/phrase_table.h"
#include "examples/phrases/scorer.h"
#include "examples/support/program.h"
#include "report/markup.h"

namespace grus::phrases {
namespace {

struct Target {
  std::string text;
  double model = 0;
  double table = 0;  // p(t | s), Moses's third score; or the order of lines
};

using Targets = std::map<std::string, std::vector<Target>>;

// Only the lines of the wanted phrases are kept.
Targets read_targets(const RankOptions& o, const std::vector<std::string>& phrases) {
  Targets targets;
  for (const std::string& phrase : phrases) targets[phrase];
  data::PhraseTableReader table(o.table, o.skip_bad);
  while (const auto line = table.next()) {
    const auto at = targets.find(line->source);
    if (at == targets.end()) continue;
    const std::vector<double> scores = line->score_values();
    const double first_come = -static_cast<double>(at->second.size());
    at->second.push_back({line->target, 0, scores.size() >= 3 ? scores[2] : first_come});
  }
  if (table.skipped() > 0) complain(table.notice());
  return targets;
}

std::vector<Target> sorted_by(std::vector<Target> targets, double Target::*figure) {
  std::stable_sort(targets.begin(), targets.end(),
                   [&](const Target& a, const Target& b) { return a.*figure > b.*figure; });
  return targets;
}

void print_lines(const std::string& phrase, const std::vector<Target>& by_model, size_t count) {
  for (size_t i = 0; i < count; ++i) fmt::print("{} ||| {} ||| {:.6g}\n", phrase, by_model[i].text, by_model[i].model);
}

std::string padded(const std::string& text, int64_t width) {
  return text + std::string(static_cast<size_t>(std::max<int64_t>(width - report::columns(text), 0)), ' ');
}

void print_columns(const std::string& phrase, const std::vector<Target>& by_model, size_t count) {
  const std::vector<Target> by_table = sorted_by(by_model, &Target::table);
  int64_t width = 14;
  for (size_t i = 0; i < count; ++i) width = std::max(width, report::columns(by_table[i].text));
  fmt::print("{}  ({} targets)\n      {}  {}\n", phrase, by_model.size(), padded("by the table", width),
             "by the model, log p");
  for (size_t i = 0; i < count; ++i)
    fmt::print("  {:2}  {}  {}  {:.3f}\n", i + 1, padded(by_table[i].text, width), by_model[i].text, by_model[i].model);
  fmt::print("\n");
}

}  // namespace

int rank(const RankOptions& o) {
  Scorer scorer(o.use);
  const std::vector<std::string> phrases = phrases_to_use(o.phrases);
  Targets targets = read_targets(o, phrases);
  int64_t pairs = 0;
  for (const std::string& phrase : phrases) {
    std::vector<Target>& all = targets[phrase];
    if (all.empty()) {
      complain(fmt::format("{}: no line has this source phrase: {}", o.table, phrase));
      continue;
    }
    std::vector<std::string> texts;
    for (const Target& target : all) texts.push_back(target.text);
    const std::vector<double> scores = scorer(std::vector<std::string>(all.size(), phrase), texts);
    for (size_t i = 0; i < all.size(); ++i) all[i].model = scores[i];
    pairs += static_cast<int64_t>(all.size());
    const auto count = std::min(all.size(), static_cast<size_t>(o.best));
    (o.lines ? print_lines : print_columns)(phrase, sorted_by(all, &Target::model), count);
  }
  scorer.report_unknown(pairs);
  return 0;
}

}  // namespace grus::phrases
