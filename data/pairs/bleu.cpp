#include "data/pairs/bleu.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>

#include "core/base/error.h"
#include "data/pairs/ngrams.h"
#include "data/text/unicode.h"

namespace grus::data {
namespace {

constexpr size_t orders = 4;

// A sentence is held as tokens with single spaces between, so that every n-gram is a part of one string.
class Segment {
 public:
  Segment(std::string_view line, const BleuOptions& options) {
    std::string text = options.lowercase ? lower_case(line) : std::string(line);
    if (options.tokenize == "13a") text = tokenize_13a(text);
    for (const std::string_view token : split_white_space(text)) {
      begins_.push_back(text_.size());
      text_ += token;
      ends_.push_back(text_.size());
      text_ += ' ';
    }
  }
  int64_t length() const { return static_cast<int64_t>(begins_.size()); }
  // Returns sorted n-grams, which live as long as this object.
  std::vector<std::string_view> ngrams(size_t n) const {
    std::vector<std::string_view> found;
    for (size_t i = 0; i + n <= begins_.size(); ++i)
      found.push_back(std::string_view(text_).substr(begins_[i], ends_[i + n - 1] - begins_[i]));
    std::sort(found.begin(), found.end());
    return found;
  }

 private:
  std::string text_;
  std::vector<size_t> begins_, ends_;
};

int64_t closest_length(int64_t length, const std::vector<Segment>& references) {
  int64_t best = references.front().length();
  for (const Segment& r : references) {
    const int64_t gap = std::abs(r.length() - length), best_gap = std::abs(best - length);
    if (gap < best_gap || (gap == best_gap && r.length() < best)) best = r.length();
  }
  return best;
}

void check_tokenizer(const BleuOptions& options) {
  require<UsageError>(options.tokenize == "13a" || options.tokenize == "none",
                      "[bleu] need tokenize 13a or none, got '{}'", options.tokenize);
}

}  // namespace

BleuStats& BleuStats::operator+=(const BleuStats& other) {
  hypothesis_length += other.hypothesis_length;
  reference_length += other.reference_length;
  for (size_t n = 0; n < orders; ++n) {
    correct[n] += other.correct[n];
    total[n] += other.total[n];
  }
  return *this;
}

BleuStats bleu_stats(std::string_view hypothesis, const std::vector<std::string>& references,
                     const BleuOptions& options) {
  check_tokenizer(options);
  require<UsageError>(!references.empty(), "[bleu] need a reference, got none");
  const Segment segment(hypothesis, options);
  std::vector<Segment> others;
  for (const std::string& reference : references) others.emplace_back(reference, options);
  BleuStats stats;
  stats.hypothesis_length = segment.length();
  stats.reference_length = closest_length(segment.length(), others);
  for (size_t n = 1; n <= orders; ++n) {
    std::vector<std::string_view> allowed;  // holds each n-gram as often as the reference that has most of it
    for (const Segment& other : others) {
      const std::vector<std::string_view> more = other.ngrams(n);
      std::vector<std::string_view> both;
      std::set_union(allowed.begin(), allowed.end(), more.begin(), more.end(), std::back_inserter(both));
      allowed = std::move(both);
    }
    const std::vector<std::string_view> found = segment.ngrams(n);
    stats.total[n - 1] = static_cast<int64_t>(found.size());
    stats.correct[n - 1] = common(found, allowed);
  }
  return stats;
}

Bleu bleu_from_stats(const BleuStats& stats) {
  Bleu bleu;
  bleu.stats = stats;
  const auto hypothesis = static_cast<double>(stats.hypothesis_length);
  const auto reference = static_cast<double>(stats.reference_length);
  bleu.brevity_penalty = hypothesis >= reference ? 1 : hypothesis > 0 ? std::exp(1 - reference / hypothesis) : 0;
  if (stats.correct == std::array<int64_t, orders>{}) return bleu;
  double smoothing = 1, log_sum = 0;
  for (size_t n = 0; n < orders; ++n) {
    if (stats.total[n] == 0) return bleu;  // no sentence is long enough, so it is 0
    if (stats.correct[n] == 0) smoothing *= 2;
    const double correct = stats.correct[n] == 0 ? 1 / smoothing : static_cast<double>(stats.correct[n]);
    bleu.precisions[n] = 100 * correct / static_cast<double>(stats.total[n]);
    log_sum += std::log(bleu.precisions[n]);
  }
  bleu.score = bleu.brevity_penalty * std::exp(log_sum / static_cast<double>(orders));
  return bleu;
}

Bleu corpus_bleu(const std::vector<std::string>& hypotheses, const References& references, const BleuOptions& options) {
  check_tokenizer(options);
  check_references("bleu", hypotheses, references);
  BleuStats stats;
  for (size_t n = 0; n < hypotheses.size(); ++n) stats += bleu_stats(hypotheses[n], references[n], options);
  Bleu bleu = bleu_from_stats(stats);
  bleu.signature = fmt::format("{}|case:{}|eff:no|tok:{}|smooth:exp|version:grus", reference_count(references),
                               options.lowercase ? "lc" : "mixed", options.tokenize);
  return bleu;
}

std::string Bleu::line() const {
  const auto reference = static_cast<double>(stats.reference_length);
  const double ratio = reference > 0 ? static_cast<double>(stats.hypothesis_length) / reference : 0;
  return fmt::format(
      "BLEU{}{} = {:.2f} {:.1f}/{:.1f}/{:.1f}/{:.1f} (BP = {:.3f} ratio = {:.3f} hyp_len = {} ref_len = {})",
      signature.empty() ? "" : "|", signature, score, precisions[0], precisions[1], precisions[2], precisions[3],
      brevity_penalty, ratio, stats.hypothesis_length, stats.reference_length);
}

}  // namespace grus::data
