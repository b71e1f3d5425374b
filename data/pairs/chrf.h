#pragma once
// chrF (Popović 2015) as sacreBLEU computes it by default: character n-grams up to 6, beta 2, white space left out.
#include <string>
#include <vector>

#include "data/pairs/bleu.h"

namespace grus::data {

struct Chrf {
  double score = 0;       // 0 .. 100
  std::string signature;  // "nrefs:1|case:mixed|eff:yes|nc:6|nw:0|space:no|version:grus"
  /// Returns the line that sacreBLEU prints: "chrF2|SIGNATURE = 61.23".
  std::string line() const;
};

/// F2 of the mean precision and the mean recall over orders; of several references the one with the best F2 counts.
/// Throws UsageError as corpus_bleu does.
Chrf corpus_chrf(const std::vector<std::string>& hypotheses, const References& references, bool lowercase = false);

}  // namespace grus::data
