// The subcommand `evaluate`: how often the true target is the best among others of its length.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "core/base/error.h"
#include "data/batch/shuffle.h"
#include "examples/phrases/scorer.h"
#include "examples/phrases/table_corpus.h"
#include "examples/support/program.h"
#include "training/terminal_line.h"

namespace grus::phrases {
namespace {

using KnownTargets = std::map<std::string, std::set<std::string>>;

void add_known(KnownTargets& known, const data::ParallelCorpus& pairs) {
  for (size_t n = 0; n < pairs.source.size(); ++n) known[pairs.source[n]].insert(pairs.target[n]);
}

// Targets by their number of words.
class Pool {
 public:
  explicit Pool(const data::Tokenizer& tokenizer) : tokenizer_(tokenizer) {}
  void add(const std::vector<std::string>& targets) {
    for (const std::string& target : targets)
      if (seen_.insert(target).second) by_length_[length(target)].push_back(target);
  }
  int64_t length(const std::string& target) const { return static_cast<int64_t>(tokenizer_.tokenize(target).size()); }
  // Draws `count` distinct targets within `within` words of the length and not known, or as many as there are.
  std::vector<std::string> draw(int64_t count, int64_t words, int64_t within, const std::set<std::string>& known,
                                data::SplitMix& random) const {
    std::vector<std::string> candidates;
    for (auto at = by_length_.lower_bound(words - within); at != by_length_.end() && at->first <= words + within; ++at)
      for (const std::string& target : at->second)
        if (!known.contains(target)) candidates.push_back(target);
    data::shuffle(candidates, random);
    candidates.resize(std::min(candidates.size(), static_cast<size_t>(count)));
    return candidates;
  }

 private:
  const data::Tokenizer& tokenizer_;
  std::map<int64_t, std::vector<std::string>> by_length_;
  std::set<std::string> seen_;
};

struct Figures {
  int64_t pairs = 0, first = 0, short_of_others = 0;
  double reciprocal_ranks = 0;
};

// Scores one chunk of pairs: the true target is scored first, then the others.
void judge(Scorer& scorer, const std::vector<std::string>& sources,
           const std::vector<std::vector<std::string>>& choices, Figures& figures) {
  std::vector<std::string> all_sources, all_targets;
  for (size_t n = 0; n < sources.size(); ++n) {
    all_sources.insert(all_sources.end(), choices[n].size(), sources[n]);
    all_targets.insert(all_targets.end(), choices[n].begin(), choices[n].end());
  }
  const std::vector<double> scores = scorer(all_sources, all_targets);
  auto at = scores.begin();
  for (const auto& choice : choices) {
    const auto end = at + static_cast<ptrdiff_t>(choice.size());
    const double truth = *at;
    const auto rank = std::count_if(at, end, [&](double score) { return score >= truth; });  // ties count against it
    ++figures.pairs;
    figures.first += rank == 1;
    figures.reciprocal_ranks += 1 / static_cast<double>(rank);
    at = end;
  }
}

}  // namespace

int evaluate(const EvaluateOptions& o) {
  constexpr size_t chunk = 200;
  Scorer scorer(o.use);
  const data::ParallelCorpus pairs = read_pairs(o.pairs, false, true);
  KnownTargets known;
  add_known(known, pairs);
  for (const std::string& file : o.known) add_known(known, read_pairs(file, false, true));
  Pool pool(scorer.saved().codecs.target.tokenizer());
  pool.add(pairs.target);
  for (const std::string& file : o.pool) pool.add(read_pairs(file, false, true).target);
  training::TerminalLine progress;
  Figures figures;
  std::vector<std::string> sources;
  std::vector<std::vector<std::string>> choices;
  for (size_t n = 0; n < pairs.source.size(); ++n) {
    const std::string &source = pairs.source[n], &target = pairs.target[n];
    data::SplitMix random(static_cast<uint64_t>(o.seed), n);
    std::vector<std::string> others = pool.draw(o.among - 1, pool.length(target), o.within, known.at(source), random);
    figures.short_of_others += static_cast<int64_t>(others.size()) < o.among - 1;
    others.insert(others.begin(), target);
    sources.push_back(source);
    choices.push_back(std::move(others));
    if (sources.size() < chunk && n + 1 < pairs.source.size()) continue;
    judge(scorer, sources, choices, figures);
    sources.clear(), choices.clear();
    if (progress.due()) progress.show(fmt::format("{} of {} pairs", n + 1, pairs.source.size()));
  }
  progress.clear();
  const auto count = static_cast<double>(figures.pairs);
  fmt::print(
      "the true target is first among {} in {} of {} pairs, {:.2f} of 100 (mean reciprocal rank {:.4f}, seed {})\n",
      o.among, figures.first, figures.pairs, 100 * static_cast<double>(figures.first) / count,
      figures.reciprocal_ranks / count, o.seed);
  if (figures.short_of_others > 0)
    complain(fmt::format("{} pairs have fewer than {} others of their length", figures.short_of_others, o.among - 1));
  return 0;
}

}  // namespace grus::phrases
