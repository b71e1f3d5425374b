#include "metrics/running_sum.h"

#include <algorithm>

#include "core/tensor/items.h"
#include "core/thread/recording.h"
#include "ops/math/elementwise.h"
#include "ops/math/reduce.h"
#include "ops/math/shape.h"

namespace grus::metrics {
namespace {

constexpr size_t most_waiting = 256;
constexpr int64_t most_elements = 1 << 20;
constexpr int64_t no_row = int64_t{1} << 53;

template <class T>
void add_values(std::vector<double>& sums, const Tensor& terms) {
  const std::vector<T> values = terms.to_vector<T>();
  for (size_t i = 0; i < values.size(); ++i) sums[i % sums.size()] += static_cast<double>(values[i]);
}

}  // namespace

RunningSum::RunningSum(int64_t size) {
  require<UsageError>(size >= 1, "[RunningSum] need at least 1 element, got {}", size);
  sums_.resize(static_cast<size_t>(size));
}

void RunningSum::add(const Tensor& term) {
  require_number("RunningSum", term);
  const auto size = static_cast<int64_t>(sums_.size());
  require(term.numel() == size, "[RunningSum] need {} elements, got shape {}", size, term.shape());
  const NoGrad off;
  const Tensor flat = (is_float(term.dtype()) ? term : cast(term, DType::i64)).detach().reshape({size});
  if (!waiting_.empty() && (waiting_.front().dtype() != flat.dtype() || waiting_.front().device() != flat.device()))
    fold();
  if (!waiting_.empty() && !is_float(flat.dtype())) {
    waiting_.front() = waiting_.front() + flat;
    return;
  }
  waiting_.push_back(flat);
  if (waiting_.size() == most_waiting || static_cast<int64_t>(waiting_.size()) * size > most_elements) fold();
}

void RunningSum::add(std::span<const double> term) {
  require(term.size() == sums_.size(), "[RunningSum] need {} elements, got {}", sums_.size(), term.size());
  for (size_t i = 0; i < term.size(); ++i) sums_[i] += term[i];
}

const std::vector<double>& RunningSum::read() const {
  fold();
  return sums_;
}

void RunningSum::set(std::vector<double> sums) {
  require(sums.size() == sums_.size(), "[RunningSum] need {} elements, got {}", sums_.size(), sums.size());
  waiting_.clear();
  sums_ = std::move(sums);
}

void RunningSum::reset() {
  std::fill(sums_.begin(), sums_.end(), 0.0);
  waiting_.clear();
}

void RunningSum::fold() const {
  if (waiting_.empty()) return;
  const NoGrad off;
  const Tensor terms = waiting_.size() == 1 ? waiting_.front() : concat(waiting_);
  if (terms.dtype() == DType::f32) add_values<float>(sums_, terms);
  else if (terms.dtype() == DType::f64) add_values<double>(sums_, terms);
  else add_values<int64_t>(sums_, terms);
  waiting_.clear();
}

void FirstRow::add(const Tensor& flags) {
  require<DtypeError>(flags.dtype() == DType::boolean, "[FirstRow] need a bool tensor, got {} {}", flags.dtype(),
                      flags.shape());
  require(flags.rank() == 1, "[FirstRow] need flags (N), got {}", flags.shape());
  const int64_t begin = rows_;
  rows_ += flags.dim(0);
  if (flags.dim(0) == 0 || found_) return;
  const NoGrad off;
  const Tensor numbers = cast(flags, DType::i32);
  const Tensor row = argmax(numbers) + static_cast<double>(begin);  // the first of equals
  const Tensor first = where(equal(max(numbers), 1.0), row, static_cast<double>(no_row));
  if (first_.defined() && first_.device() != first.device()) (void)read();
  if (!found_) first_ = first_.defined() ? minimum(first_, first) : first;
}

std::optional<int64_t> FirstRow::read() const {
  if (first_.defined()) {
    if (const auto row = first_.item<int64_t>(); row != no_row) found_ = row;
    first_ = Tensor();
  }
  return found_;
}

void FirstRow::require_none(const std::string& metric, const char* what) const {
  const std::optional<int64_t> row = read();
  require<UsageError>(!row, "[{}] need {} that are numbers, got NaN in row {} since the reset", metric, what,
                      row.value_or(0));
}

void FirstRow::set(int64_t rows, std::optional<int64_t> found) {
  rows_ = rows;
  found_ = found;
  first_ = Tensor();
}

void FirstRow::reset() { *this = FirstRow(); }

}  // namespace grus::metrics
