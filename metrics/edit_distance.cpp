#include "metrics/edit_distance.h"

#include <algorithm>
#include <utility>

namespace grus::metrics {
namespace {

/// Returns the edits by rows of the table of Wagner and Fischer (1974): cell j of row i turns i tokens of the reference
/// into j of the hypothesis.
template <class T>
Edits edits_of(std::span<const T> hypothesis, std::span<const T> reference) {
  int64_t same = 0;  // both begin alike
  while (!hypothesis.empty() && !reference.empty() && hypothesis.front() == reference.front()) {
    hypothesis = hypothesis.subspan(1);
    reference = reference.subspan(1);
    ++same;
  }
  while (!hypothesis.empty() && !reference.empty() && hypothesis.back() == reference.back()) {
    hypothesis = hypothesis.first(hypothesis.size() - 1);
    reference = reference.first(reference.size() - 1);
    ++same;
  }
  std::vector<Edits> row(hypothesis.size() + 1);
  for (size_t j = 0; j < row.size(); ++j) row[j].insertions = static_cast<int64_t>(j);
  for (const T& wanted : reference) {
    Edits diagonal = row[0];
    ++row[0].deletions;
    for (size_t j = 1; j < row.size(); ++j) {
      const bool hit = hypothesis[j - 1] == wanted;
      const int64_t deleted = row[j].distance() + 1, inserted = row[j - 1].distance() + 1;
      const int64_t replaced = diagonal.distance() + (hit ? 0 : 1);
      Edits best;
      if (deleted <= std::min(inserted, replaced)) {
        best = row[j];
        ++best.deletions;
      } else if (inserted == diagonal.distance()) {  // never more than `replaced`
        best = row[j - 1];
        ++best.insertions;
      } else {
        best = diagonal;
        ++(hit ? best.hits : best.substitutions);
      }
      diagonal = std::exchange(row[j], best);
    }
  }
  row.back().hits += same;
  return row.back();
}

}  // namespace

Edits& Edits::operator+=(const Edits& other) {
  hits += other.hits;
  substitutions += other.substitutions;
  deletions += other.deletions;
  insertions += other.insertions;
  return *this;
}

Edits edits(std::span<const int64_t> hypothesis, std::span<const int64_t> reference) {
  return edits_of(hypothesis, reference);
}
Edits edits(std::span<const std::string_view> hypothesis, std::span<const std::string_view> reference) {
  return edits_of(hypothesis, reference);
}

std::vector<Difference> differences(std::span<const std::string_view> hypothesis,
                                    std::span<const std::string_view> reference) {
  const size_t width = hypothesis.size() + 1;
  std::vector<size_t> cost((reference.size() + 1) * width);
  const auto at = [&](size_t i, size_t j) -> size_t& { return cost[i * width + j]; };
  const auto replaced = [&](size_t i, size_t j) {
    return at(i - 1, j - 1) + (reference[i - 1] == hypothesis[j - 1] ? 0 : 1);
  };
  for (size_t i = 0; i <= reference.size(); ++i)
    for (size_t j = 0; j <= hypothesis.size(); ++j)
      at(i, j) = i == 0 || j == 0 ? i + j : std::min({replaced(i, j), at(i - 1, j) + 1, at(i, j - 1) + 1});
  std::vector<Difference> found;
  for (size_t i = reference.size(), j = hypothesis.size(); i > 0 || j > 0;) {
    const bool both = i > 0 && j > 0 && at(i, j) == replaced(i, j);
    const bool left_out = !both && i > 0 && at(i, j) == at(i - 1, j) + 1;
    const Difference one = {both || left_out ? reference[i - 1] : "", left_out ? "" : hypothesis[j - 1]};
    if (one.first != one.second) found.push_back(one);
    i -= both || left_out;
    j -= !left_out;
  }
  return found;
}

void EditErrorRate::add(const Edits& more) {
  edits_ += more;
  ++sequences_;
}

void EditErrorRate::update(std::span<const int64_t> hypothesis, std::span<const int64_t> reference) {
  add(edits_of(hypothesis, reference));
}
void EditErrorRate::update(std::span<const int32_t> hypothesis, std::span<const int32_t> reference) {
  add(edits_of(hypothesis, reference));
}
void EditErrorRate::update(std::span<const std::string_view> hypothesis, std::span<const std::string_view> reference) {
  add(edits_of(hypothesis, reference));
}
void EditErrorRate::update(std::span<const std::string> hypothesis, std::span<const std::string> reference) {
  add(edits_of(hypothesis, reference));
}

double EditErrorRate::value() const {
  (void)mean_of(0, static_cast<double>(sequences_));  // throws where there is no sequence
  const auto distance = static_cast<double>(edits_.distance()), tokens = static_cast<double>(edits_.reference_length());
  return tokens == 0 ? distance : distance / tokens;
}

void EditErrorRate::exchange(MetricState& state) {
  for (int64_t* count : {&edits_.hits, &edits_.substitutions, &edits_.deletions, &edits_.insertions, &sequences_})
    state(*count);
}

void EditErrorRate::reset() {
  edits_ = {};
  sequences_ = 0;
}

}  // namespace grus::metrics
