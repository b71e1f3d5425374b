#include "metrics/metric_state.h"

#include <cmath>

#include "core/base/error.h"
#include "metrics/running_sum.h"

namespace grus::metrics {

void MetricState::operator()(double& number) {
  if (!loads_) return numbers_.push_back(number);
  require<DataError>(at_ < numbers_.size(), "[{}] need a state of more than {} numbers", metric_, numbers_.size());
  number = numbers_[at_++];
}

void MetricState::operator()(int64_t& number) {
  auto as_double = static_cast<double>(number);  // counts stay below 2^53
  (*this)(as_double);
  if (!loads_) return;
  require<DataError>(std::abs(as_double) < 0x1p53 && as_double == std::floor(as_double),
                     "[{}] need whole numbers for counts in its state, got {}", metric_, as_double);
  number = static_cast<int64_t>(as_double);
}

void MetricState::operator()(RunningSum& sum) {
  std::vector<double> sums = sum.read();
  for (double& number : sums) (*this)(number);
  if (loads_) sum.set(std::move(sums));
}

void MetricState::operator()(FirstRow& row) {
  int64_t rows = row.rows(), found = row.read().value_or(-1);
  (*this)(rows);
  (*this)(found);
  if (loads_) row.set(rows, found < 0 ? std::nullopt : std::optional<int64_t>(found));
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
