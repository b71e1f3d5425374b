#pragma once
// Corpus BLEU (Papineni et al. 2002) as sacreBLEU (Post 2018) computes it.
// Sources: bleu.cpp, tokenize_13a.cpp.
#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "data/pairs/references.h"

namespace grus::data {

struct BleuOptions {
  std::string tokenize = "13a";  // or "none": the text is tokens already
  bool lowercase = false;
};

/// Counts from which BLEU is computed; the sum over sentences is that of the corpus.
struct BleuStats {
  int64_t hypothesis_length = 0, reference_length = 0;  // tokens; of the closest reference, the shorter of equals
  std::array<int64_t, 4> correct{}, total{};            // n-grams, n = 1 .. 4
  BleuStats& operator+=(const BleuStats& other);
};

struct Bleu {
  double score = 0;  // 0 .. 100
  std::array<double, 4> precisions{};
  double brevity_penalty = 0;
  BleuStats stats;
  std::string signature;  // "nrefs:1|case:mixed|eff:no|tok:13a|smooth:exp|version:grus"
  /// Returns the line that sacreBLEU prints: "BLEU|SIGNATURE = 39.12 70.1/45.9/31.6/21.9 (BP = ... ratio = ... hyp_len
  /// = ... ref_len = ...)".
  std::string line() const;
};

BleuStats bleu_stats(std::string_view hypothesis, const std::vector<std::string>& references,
                     const BleuOptions& options = {});
/// BLEU = BP exp(mean of log p_n), p_n = correct_n / total_n; the k-th p_n without a match is 1 / (2^k total_n).
Bleu bleu_from_stats(const BleuStats& stats);
/// Computes the BLEU of a corpus. Throws UsageError for no sentences, counts that differ, a sentence without a
/// reference, or an unknown tokenizer.
Bleu corpus_bleu(const std::vector<std::string>& hypotheses, const References& references,
                 const BleuOptions& options = {});

/// Tokenizes as mteval-v13a does: ASCII punctuation is set apart, but for . and , between digits, and &quot; &amp; &lt;
/// &gt; are undone.
std::string tokenize_13a(std::string_view line);

}  // namespace grus::data
