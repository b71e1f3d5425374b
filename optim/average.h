#pragma once
#include <unordered_map>

#include "nn/parameter.h"

namespace grus::optim {

struct AverageOptions {
  double decay = 0.999;
  bool warm_up = true;  // decay at update t = 1, 2, ... is min(decay, (1 + t) / (10 + t)): early values are forgotten
};

/// An exponential moving average of weights:  average += (1 - decay) * (weight - average) after each step.
///   ExponentialMovingAverage average(parameters);  optimizer.attach(&average);  // updated inside the optimizer's pass
///   { SwapIn averaged(average); evaluate(model); }                              // the model has the averaged weights
///   here
class ExponentialMovingAverage {
 public:
  explicit ExponentialMovingAverage(const nn::Parameters& parameters, AverageOptions options = {});
  ExponentialMovingAverage(const ExponentialMovingAverage&) = delete;
  ExponentialMovingAverage& operator=(const ExponentialMovingAverage&) = delete;

  /// One update apart from an optimizer.
  void update();
  int64_t updates() const { return updates_; }
  bool swapped() const { return swapped_; }

  /// The averages by parameter name, and "updates" (while swapped in: the weights).
  nn::NamedTensors state() const;
  /// Throws DataError when names, shapes or dtypes differ.
  void load_state(const nn::NamedTensors& state);

  // For optimizers.
  /// Counts an update and gives its decay. Throws UsageError while the averages are swapped in.
  double begin_update();
  Tensor* find(const Leaf* leaf);
  void update(Tensor& value, Tensor& average, double decay);

 private:
  friend class SwapIn;
  struct Entry {
    std::string name;
    nn::Parameter parameter;
    Tensor average;
  };
  void swap();
  AverageOptions options_;
  std::vector<Entry> entries_;
  std::unordered_map<const Leaf*, size_t> index_;
  int64_t updates_ = 0;
  bool swapped_ = false;
};

/// Exchanges weights and averages for its scope.
class SwapIn {
 public:
  explicit SwapIn(ExponentialMovingAverage& average) : average_(average) { average_.swap(); }
  ~SwapIn() { average_.swap(); }
  SwapIn(const SwapIn&) = delete;
  SwapIn& operator=(const SwapIn&) = delete;

 private:
  ExponentialMovingAverage& average_;
};

}  // namespace grus::optim
