#include "data/pairs/references.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/base/error.h"

namespace grus::data {

References single_references(const std::vector<std::string>& references) {
  References lists;
  lists.reserve(references.size());
  for (const std::string& reference : references) lists.push_back({reference});
  return lists;
}

void check_references(std::string_view metric, const std::vector<std::string>& hypotheses,
                      const References& references) {
  require<UsageError>(!hypotheses.empty(), "[{}] need sentences, got none", metric);
  require<UsageError>(hypotheses.size() == references.size(),
                      "[{}] need references for each of {} sentences, got them for {}", metric, hypotheses.size(),
                      references.size());
  for (size_t n = 0; n < references.size(); ++n)
    require<UsageError>(!references[n].empty(), "[{}] need a reference for each sentence, got none for sentence {}",
                        metric, n + 1);
}

std::string reference_count(const References& references) {
  const size_t first = references.front().size();
  const bool same = std::all_of(references.begin(), references.end(), [&](const auto& r) { return r.size() == first; });
  return same ? fmt::format("nrefs:{}", first) : "nrefs:var";
}

}  // namespace grus::data
