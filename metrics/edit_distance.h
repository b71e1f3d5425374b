#pragma once
// Error rates by edit distance: of words, characters, phones, or any other tokens.
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "metrics/metric.h"

namespace grus::metrics {

/// Edits that turn a reference into a hypothesis: as few as there can be (Levenshtein 1966). Of several ways as
/// short it is that of RapidFuzz, which jiwer counts: from the end, a deletion before all else.
struct Edits {
  int64_t hits = 0, substitutions = 0, deletions = 0, insertions = 0;
  int64_t distance() const { return substitutions + deletions + insertions; }
  int64_t reference_length() const { return hits + substitutions + deletions; }
  Edits& operator+=(const Edits& other);
};

/// Compares two sequences in time that grows with the product of their lengths, and memory with the hypothesis' length.
Edits edits(std::span<const int64_t> hypothesis, std::span<const int64_t> reference);
Edits edits(std::span<const std::string_view> hypothesis, std::span<const std::string_view> reference);

/// Two tokens that stand for one another: that of the reference, and that of the hypothesis. "" is no token.
using Difference = std::pair<std::string_view, std::string_view>;
/// Returns the differences of a shortest way, as many as the distance, from the end on; a token that replaces another
/// goes before one that is left out, and that before one too many. Memory grows with the product of the lengths.
std::vector<Difference> differences(std::span<const std::string_view> hypothesis,
                                    std::span<const std::string_view> reference);

/// value = edits / tokens of all references, as jiwer computes it: it may exceed 1, and where all references are empty
/// it is the number of insertions. The name says what tokens are: "wer" for words, "cer" for characters, "per" for
/// phones.
class EditErrorRate : public Metric {
 public:
  explicit EditErrorRate(std::string name = "wer") : Metric(std::move(name), false) {}
  /// Adds one sequence. data::split_spaces and data::split_code_points (data/read/text.h) make tokens of text.
  void update(std::span<const int64_t> hypothesis, std::span<const int64_t> reference);
  void update(std::span<const int32_t> hypothesis, std::span<const int32_t> reference);
  void update(std::span<const std::string_view> hypothesis, std::span<const std::string_view> reference);
  void update(std::span<const std::string> hypothesis, std::span<const std::string> reference);
  /// Returns the edits of all sequences.
  const Edits& edits() const { return edits_; }
  double value() const override;
  void reset() override;

 protected:
  void exchange(MetricState& state) override;

 private:
  void add(const Edits& more);
  Edits edits_;
  int64_t sequences_ = 0;
};

}  // namespace grus::metrics
