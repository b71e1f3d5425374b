#include "data/pairs/phrase_extract.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>

#include "data/read/text.h"

namespace grus::data {
namespace {

std::string joined(const std::vector<std::string>& words, int32_t begin, int32_t end) {
  return fmt::format("{}", fmt::join(words.begin() + begin, words.begin() + end, " "));
}

std::vector<std::string> words_of(const std::string& phrase) {
  std::vector<std::string> words;
  for (const std::string_view word : split_spaces(phrase)) words.emplace_back(word);
  return words;
}

int64_t total(const std::map<std::string, int64_t>& counts) {
  int64_t sum = 0;
  for (const auto& [key, count] : counts) sum += count;
  return sum;
}

// Returns the links of each word, on which lexical weights depend.
std::vector<std::vector<int32_t>> partners_of(const Links& links, size_t words, bool of_source) {
  std::vector<std::vector<int32_t>> partners(words);
  for (const Link& link : links)
    partners[static_cast<size_t>(of_source ? link.source : link.target)].push_back(of_source ? link.target
                                                                                             : link.source);
  return partners;
}

// The first and the last word that each word of one side is linked with. A word without links has none below or above
// any other.
class Reach {
 public:
  Reach(const Links& links, int64_t words, bool of_source)
      : low_(static_cast<size_t>(words), INT32_MAX), high_(static_cast<size_t>(words), -1) {
    for (const Link& link : links) {
      const auto word = static_cast<size_t>(of_source ? link.source : link.target);
      const int32_t partner = of_source ? link.target : link.source;
      low_[word] = std::min(low_[word], partner), high_[word] = std::max(high_[word], partner);
    }
  }
  int32_t low(int32_t word) const { return low_[static_cast<size_t>(word)]; }
  int32_t high(int32_t word) const { return high_[static_cast<size_t>(word)]; }
  bool linked(int32_t word) const { return high(word) >= 0; }

 private:
  std::vector<int32_t> low_, high_;
};

}  // namespace

std::vector<PhraseSpan> consistent_phrases(int64_t source_words, int64_t target_words, const Links& links,
                                           int64_t longest) {
  const auto sources = static_cast<int32_t>(source_words), targets = static_cast<int32_t>(target_words);
  const auto most = static_cast<int32_t>(std::min<int64_t>(longest, 1 << 20));
  const Reach of_source(links, source_words, true), of_target(links, target_words, false);
  std::vector<PhraseSpan> spans;
  for (int32_t s1 = 0; s1 < sources; ++s1) {
    int32_t low = targets, high = -1;  // the first and last target words that s1 .. s2 - 1 are linked with
    for (int32_t s2 = s1 + 1; s2 <= std::min<int64_t>(sources, int64_t{s1} + most); ++s2) {
      low = std::min(low, of_source.low(s2 - 1)), high = std::max(high, of_source.high(s2 - 1));
      if (high < 0 || high - low >= most) continue;
      bool crossing = false;
      for (int32_t t = low; t <= high; ++t) crossing |= of_target.low(t) < s1 || of_target.high(t) >= s2;
      if (crossing) continue;
      for (int32_t t1 = low; t1 >= 0 && t1 + most > high && (t1 == low || !of_target.linked(t1)); --t1)
        for (int32_t t2 = high + 1; t2 <= std::min<int64_t>(targets, int64_t{t1} + most); ++t2) {
          if (t2 > high + 1 && of_target.linked(t2 - 1)) break;
          spans.push_back({s1, s2, t1, t2});
        }
    }
  }
  std::sort(spans.begin(), spans.end());
  return spans;
}

void PhraseTableBuilder::add(const std::vector<std::string>& source, const std::vector<std::string>& target,
                             const Links& links) {
  words_.add(source, target, links);
  const auto sources = static_cast<int64_t>(source.size()), targets = static_cast<int64_t>(target.size());
  const auto first_of = [&](int32_t word) { return std::lower_bound(links.begin(), links.end(), Link{word, 0}); };
  for (const PhraseSpan& span : consistent_phrases(sources, targets, links, longest_)) {
    Links inner;
    for (auto link = first_of(span.source_begin); link != links.end() && link->source < span.source_end; ++link)
      inner.push_back({link->source - span.source_begin, link->target - span.target_begin});
    std::string said = joined(target, span.target_begin, span.target_end);
    ++target_counts_[said];
    ++table_[joined(source, span.source_begin, span.source_end)][std::move(said)][format_links(inner)];
  }
}

int64_t PhraseTableBuilder::size() const {
  int64_t pairs = 0;
  for (const auto& [source, targets] : table_) pairs += static_cast<int64_t>(targets.size());
  return pairs;
}

void PhraseTableBuilder::WordCounts::add(const std::vector<std::string>& source, const std::vector<std::string>& target,
                                         const Links& links) {
  const auto count = [this](const std::string& s, const std::string& t) {
    ++pairs[{s, t}];
    ++of_source[s];
    ++of_target[t];
  };
  std::vector<bool> source_linked(source.size()), target_linked(target.size());
  for (const Link& link : links) {
    const auto s = static_cast<size_t>(link.source), t = static_cast<size_t>(link.target);
    source_linked[s] = target_linked[t] = true;
    count(source[s], target[t]);
  }
  for (size_t s = 0; s < source.size(); ++s)
    if (!source_linked[s]) count(source[s], "");
  for (size_t t = 0; t < target.size(); ++t)
    if (!target_linked[t]) count("", target[t]);
}

// Returns w(t | s), or w(s | t).
double PhraseTableBuilder::WordCounts::chance(const std::string& s, const std::string& t, bool of_target_word) const {
  const auto pair = pairs.find({s, t});
  if (pair == pairs.end()) return 0;
  return pair->second / (of_target_word ? of_source.at(s) : of_target.at(t));
}

// Koehn et al. 2003, equation 8: a product over the words said of the mean chance from the words they are linked with.
double PhraseTableBuilder::WordCounts::lexical_weight(const std::vector<std::string>& source,
                                                      const std::vector<std::string>& target, const Links& links,
                                                      bool of_target) const {
  const std::vector<std::string>& said = of_target ? target : source;
  const std::vector<std::string>& given = of_target ? source : target;
  const auto partners = partners_of(links, said.size(), !of_target);
  double weight = 1;
  for (size_t i = 0; i < said.size(); ++i) {
    const auto one = [&](const std::string& from) {
      return of_target ? chance(from, said[i], true) : chance(said[i], from, false);
    };
    double sum = partners[i].empty() ? one("") : 0;
    for (const int32_t from : partners[i]) sum += one(given[static_cast<size_t>(from)]);
    weight *= sum / static_cast<double>(std::max<size_t>(partners[i].size(), 1));
  }
  return weight;
}

void PhraseTableBuilder::write_pair(TextWriter& out, const std::string& source, const std::string& target,
                                    const Alignments& alignments, int64_t source_count) const {
  const std::vector<std::string> source_words = words_of(source), target_words = words_of(target);
  double direct = 0, inverse = 0;
  const std::string* usual = nullptr;
  int64_t most = 0;
  for (const auto& [text, times] : alignments) {
    const Links links = parse_links(text, static_cast<int64_t>(source_words.size()),
                                    static_cast<int64_t>(target_words.size()), "links", 1);
    direct = std::max(direct, words_.lexical_weight(source_words, target_words, links, true));
    inverse = std::max(inverse, words_.lexical_weight(source_words, target_words, links, false));
    if (times > most) most = times, usual = &text;
  }
  const int64_t count = total(alignments), target_count = target_counts_.at(target);
  const auto share = [&](int64_t of) { return static_cast<double>(count) / static_cast<double>(of); };
  out.write(fmt::format("{} ||| {} ||| {:.6g} {:.6g} {:.6g} {:.6g} ||| {} ||| {} {} {}\n", source, target,
                        share(target_count), inverse, share(source_count), direct, *usual, target_count, source_count,
                        count));
}

void PhraseTableBuilder::write(TextWriter& out, int64_t least) const {
  for (const auto& [source, targets] : table_) {
    int64_t source_count = 0;
    for (const auto& [target, alignments] : targets) source_count += total(alignments);
    for (const auto& [target, alignments] : targets)
      if (total(alignments) >= least) write_pair(out, source, target, alignments, source_count);
  }
}

}  // namespace grus::data
