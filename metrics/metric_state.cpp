#include "metrics/metric_state.h"

#include <cmath>
#include <optional>

#include "core/base/error.h"
#include "metrics/running_sum.h"

namespace grus::metrics {

double MetricState::next() {
  require<DataError>(at_ < numbers_.size(), "[{}] need a state of more than {} numbers", metric_, numbers_.size());
  return numbers_[at_++];
}

void MetricState::operator()(double& number) {
  if (use_ == Use::take) return numbers_.push_back(number);
  number = use_ == Use::add ? number + next() : next();
}

void MetricState::operator()(int64_t& number) {
  auto as_double = static_cast<double>(number);  // counts stay below 2^53
  (*this)(as_double);
  if (use_ == Use::take) return;
  require<DataError>(std::abs(as_double) < 0x1p53 && as_double == std::floor(as_double),
                     "[{}] need whole numbers for counts in its state, got {}", metric_, as_double);
  number = static_cast<int64_t>(as_double);
}

void MetricState::operator()(RunningSum& sum) {
  std::vector<double> sums = sum.read();
  for (double& number : sums) (*this)(number);
  if (use_ != Use::take) sum.set(std::move(sums));
}

// A row that is added counts from behind those that are there.
void MetricState::operator()(FirstRow& row) {
  const int64_t before = use_ == Use::add ? row.rows() : 0;
  const std::optional<int64_t> own = row.read();
  int64_t rows = row.rows(), found = use_ == Use::add ? 0 : own.value_or(-1);
  (*this)(rows);
  (*this)(found);
  if (use_ == Use::take) return;
  const auto given = found < 0 ? std::nullopt : std::optional<int64_t>(before + found);
  row.set(rows, use_ == Use::add && own ? own : given);
}

void MetricState::finish() const {
  require<DataError>(at_ == numbers_.size(), "[{}] need a state of {} numbers, got {}", metric_, at_, numbers_.size());
}

size_t MetricState::checked_size(int64_t size) const {
  require<DataError>(size >= 0 && static_cast<size_t>(size) <= numbers_.size(),
                     "[{}] need a list within the {} numbers of its state, got a length of {}", metric_,
                     numbers_.size(), size);
  return static_cast<size_t>(size);
}

}  // namespace grus::metrics
