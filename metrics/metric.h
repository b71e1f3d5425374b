#pragma once
// A metric gathers updates and gives one number. What an update takes depends on the metric; whoever drives a training
// needs the name, the number, its direction and reset() alone.
#include <cstdint>
#include <string>
#include <utility>

#include "metrics/metric_state.h"
#include "nn/parameter.h"

namespace grus::metrics {

/// What metrics of labelled rows share.
struct RowOptions {
  int64_t ignore_index = -100;  // rows with this target count for nothing
  std::string name = "";        // in place of the metric's own
};

class Metric {
 public:
  virtual ~Metric() = default;

  const std::string& name() const { return name_; }
  bool larger_is_better() const { return larger_is_better_; }
  /// Returns the metric of all examples since the reset, and so waits for the device. The result is never NaN: throws
  /// UsageError where there was no example (or its weights add up to 0), or where a NaN came in, naming the first row.
  virtual double value() const = 0;
  /// Forgets all examples.
  virtual void reset() = 0;

  /// Returns what an exact resume of its examples needs, which waits for the device; load_state() takes it. Throws
  /// UsageError for a metric without exchange(), DataError for the state of another.
  nn::NamedTensors state();
  void load_state(const nn::NamedTensors& state);
  /// Takes another metric's examples, by its state(), behind its own. Throws as load_state() does.
  void add_state(const nn::NamedTensors& state);

 protected:
  Metric(std::string name, bool larger_is_better) : name_(std::move(name)), larger_is_better_(larger_is_better) {}
  Metric(const Metric&) = default;
  Metric(Metric&&) = default;
  Metric& operator=(const Metric&) = default;
  Metric& operator=(Metric&&) = default;

  /// Visits all that updates change, in one order: state(right_), state(weight_).
  virtual void exchange(MetricState& state);
  /// Returns sum / weight. Throws UsageError unless examples of more than 0 weight came, and where infinities or
  /// infinite weights leave no number.
  double mean_of(double sum, double weight) const;

 private:
  void read_state(const nn::NamedTensors& state, MetricState::Use use);
  std::string name_;
  bool larger_is_better_;
};

}  // namespace grus::metrics
