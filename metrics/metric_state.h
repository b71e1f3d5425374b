#pragma once
// What a metric keeps, as numbers: saved with a run's state in the middle of an epoch, and read again.
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace grus::metrics {

class RunningSum;
class FirstRow;

/// A MetricState goes through what a metric keeps in one order, and either takes the numbers or gives them back.
class MetricState {
 public:
  /// Takes numbers.
  MetricState() = default;
  /// Gives these numbers back, to the metric that errors name.
  MetricState(std::string metric, std::vector<double> numbers)
      : metric_(std::move(metric)), numbers_(std::move(numbers)), loads_(true) {}

  void operator()(RunningSum& sum);
  void operator()(FirstRow& row);
  void operator()(double& number);
  void operator()(int64_t& number);
  /// Goes through a list of any length, visit(item) for each.
  template <class Items, class Visit>
  void list(Items& items, Visit visit) {
    auto size = static_cast<int64_t>(items.size());
    (*this)(size);
    if (loads_) items.resize(checked_size(size));
    for (auto& item : items) visit(item);
  }

  bool loads() const { return loads_; }
  const std::vector<double>& numbers() const { return numbers_; }
  /// Throws DataError unless all numbers were given back.
  void finish() const;

 private:
  size_t checked_size(int64_t size) const;
  std::string metric_;
  std::vector<double> numbers_;
  size_t at_ = 0;
  bool loads_ = false;
};

}  // namespace grus::metrics
