#pragma once
// Phrase pairs of word-aligned sentences, and the table of them (Koehn, Och and Marcu 2003).
#include <map>
#include <string>
#include <vector>

#include "data/pairs/alignment.h"
#include "data/read/text_writer.h"

namespace grus::data {

/// A span has words [begin, end) of each side.
struct PhraseSpan {
  int32_t source_begin, source_end, target_begin, target_end;
  auto operator<=>(const PhraseSpan&) const = default;
};

/// Finds all pairs of spans of at most `longest` words that are consistent with the links: at least one link inside,
/// and none from a word inside to one outside. Words without links may stand at the edges of a span (Koehn et al. 2003,
/// sec. 4.1).
std::vector<PhraseSpan> consistent_phrases(int64_t source_words, int64_t target_words, const Links& links,
                                           int64_t longest = 7);

/// Gathers phrase pairs and writes them with the four scores of Moses. All distinct pairs are held in memory.
class PhraseTableBuilder {
 public:
  explicit PhraseTableBuilder(int64_t longest = 7) : longest_(longest) {}
  void add(const std::vector<std::string>& source, const std::vector<std::string>& target, const Links& links);
  int64_t size() const;
  /// Writes "source ||| target ||| p(s|t) lex(s|t) p(t|s) lex(t|s) ||| links ||| count_t count_s count", sorted by
  /// source and target. p is the relative frequency, lex the best lexical weight of the pair's alignments (Koehn et al.
  /// 2003, sec. 4.4). Pairs seen less than `least` times are left out.
  void write(TextWriter& out, int64_t least = 1) const;

 private:
  using Alignments = std::map<std::string, int64_t>;  // inner links as text, and how often
  // WordCounts says how often words are linked; a word without links is linked with the empty word, "".
  struct WordCounts {
    std::map<std::pair<std::string, std::string>, double> pairs;
    std::map<std::string, double> of_source, of_target;
    void add(const std::vector<std::string>& source, const std::vector<std::string>& target, const Links& links);
    double chance(const std::string& s, const std::string& t, bool of_target_word) const;
    double lexical_weight(const std::vector<std::string>& source, const std::vector<std::string>& target,
                          const Links& links, bool of_target) const;
  };
  void write_pair(TextWriter& out, const std::string& source, const std::string& target, const Alignments& alignments,
                  int64_t source_count) const;

  int64_t longest_;
  std::map<std::string, std::map<std::string, Alignments>> table_;
  std::map<std::string, int64_t> target_counts_;
  WordCounts words_;
};

}  // namespace grus::data
