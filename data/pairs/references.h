#pragma once
// The translations that a metric compares hypotheses with.
#include <string>
#include <string_view>
#include <vector>

namespace grus::data {

/// References of each sentence: references[n] holds one or more for hypothesis n.
using References = std::vector<std::vector<std::string>>;

/// Makes References of one reference for each sentence.
References single_references(const std::vector<std::string>& references);

/// Throws UsageError naming the metric for no sentences, counts that differ, or a sentence without a reference.
void check_references(std::string_view metric, const std::vector<std::string>& hypotheses,
                      const References& references);

/// Returns "nrefs:2", or "nrefs:var" when sentences have different numbers of references.
std::string reference_count(const References& references);

}  // namespace grus::data
