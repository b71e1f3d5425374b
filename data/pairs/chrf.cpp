#include "data/pairs/chrf.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "core/base/error.h"
#include "data/pairs/ngrams.h"

namespace grus::data {
namespace {

constexpr size_t chrf_orders = 6;

// Counts of n-grams of each order, n = 1 .. 6.
struct Counts {
  std::array<int64_t, chrf_orders> hypothesis{}, reference{}, common{};
};

double f_score(const Counts& counts) {
  double precision = 0, recall = 0;
  int used = 0;
  for (size_t n = 0; n < chrf_orders; ++n) {
    if (counts.hypothesis[n] == 0 || counts.reference[n] == 0) continue;
    const auto common = static_cast<double>(counts.common[n]);
    precision += common / static_cast<double>(counts.hypothesis[n]);
    recall += common / static_cast<double>(counts.reference[n]);
    ++used;
  }
  if (precision + recall == 0) return 0;
  precision /= used;
  recall /= used;
  constexpr double beta_squared = 4;
  return 100 * (1 + beta_squared) * precision * recall / (beta_squared * precision + recall);
}

// A sentence without its white space.
class Characters {
 public:
  Characters(std::string_view line, bool lowercase) {
    const std::string lowered = lowercase ? lower_case(line) : std::string(line);
    for (const CodePoint& point : decode_utf8(lowered))
      if (!is_space(point.value)) text_ += static_cast<char32_t>(point.value);
  }
  // Returns sorted n-grams, which live as long as this object.
  std::vector<std::u32string_view> ngrams(size_t n) const {
    std::vector<std::u32string_view> found;
    for (size_t i = 0; i + n <= text_.size(); ++i) found.push_back(std::u32string_view(text_).substr(i, n));
    std::sort(found.begin(), found.end());
    return found;
  }

 private:
  std::u32string text_;
};

Counts best_counts(std::string_view hypothesis, const std::vector<std::string>& references, bool lowercase) {
  const Characters characters(hypothesis, lowercase);
  std::array<std::vector<std::u32string_view>, chrf_orders> ours;
  for (size_t n = 0; n < chrf_orders; ++n) ours[n] = characters.ngrams(n + 1);
  Counts best;
  double best_score = -1;
  for (const std::string& reference : references) {
    const Characters other(reference, lowercase);
    Counts counts;
    for (size_t n = 0; n < chrf_orders; ++n) {
      const auto theirs = other.ngrams(n + 1);
      counts.reference[n] = static_cast<int64_t>(theirs.size());
      // An order that the reference is too short for is not held against the hypothesis.
      counts.hypothesis[n] = theirs.empty() ? 0 : static_cast<int64_t>(ours[n].size());
      counts.common[n] = common(ours[n], theirs);
    }
    if (f_score(counts) > best_score) {
      best_score = f_score(counts);
      best = counts;
    }
  }
  return best;
}

}  // namespace

Chrf corpus_chrf(const std::vector<std::string>& hypotheses, const References& references, bool lowercase) {
  check_references("chrf", hypotheses, references);
  Counts sum;
  for (size_t i = 0; i < hypotheses.size(); ++i) {
    const Counts counts = best_counts(hypotheses[i], references[i], lowercase);
    for (size_t n = 0; n < chrf_orders; ++n) {
      sum.hypothesis[n] += counts.hypothesis[n];
      sum.reference[n] += counts.reference[n];
      sum.common[n] += counts.common[n];
    }
  }
  return {f_score(sum), fmt::format("{}|case:{}|eff:yes|nc:6|nw:0|space:no|version:grus", reference_count(references),
                                    lowercase ? "lc" : "mixed")};
}

std::string Chrf::line() const {
  return fmt::format("chrF2{}{} = {:.2f}", signature.empty() ? "" : "|", signature, score);
}

}  // namespace grus::data
