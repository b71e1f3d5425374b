#pragma once
// What a metric keeps, as numbers: saved with a run's state in the middle of an epoch, and read again.
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace grus::metrics {

class RunningSum;
class FirstRow;

/// A MetricState goes through what a metric keeps in one order, and takes the numbers, gives them back, or adds them to
/// what is there, behind the metric's own examples.
class MetricState {
 public:
  enum class Use { take, give, add };
  /// Takes numbers.
  MetricState() = default;
  /// Gives these numbers back, or adds them, to the metric that errors name.
  MetricState(std::string metric, std::vector<double> numbers, Use use = Use::give)
      : metric_(std::move(metric)), numbers_(std::move(numbers)), use_(use) {}

  void operator()(RunningSum& sum);
  void operator()(FirstRow& row);
  void operator()(double& number);
  void operator()(int64_t& number);
  /// Goes through a list of any length, visit(item) for each.
  template <class Items, class Visit>
  void list(Items& items, Visit visit) {
    const size_t before = use_ == Use::add ? items.size() : 0;
    auto size = use_ == Use::add ? 0 : static_cast<int64_t>(items.size());
    (*this)(size);
    if (use_ != Use::take) items.resize(before + checked_size(size));
    for (size_t i = before; i < items.size(); ++i) visit(items[i]);
  }

  const std::vector<double>& numbers() const { return numbers_; }
  /// Throws DataError unless all numbers were given back.
  void finish() const;

 private:
  double next();
  size_t checked_size(int64_t size) const;
  std::string metric_;
  std::vector<double> numbers_;
  size_t at_ = 0;
  Use use_ = Use::take;
};

}  // namespace grus::metrics
