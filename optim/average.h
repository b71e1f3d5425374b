#pragma once
#include <unordered_map>

#include "optim/known_parameter.h"

namespace grus::optim {

struct AverageOptions {
  double decay = 0.999;
  bool warm_up = true;  // at update t = 1, 2, ... the decay is min(decay, (1 + t) / (10 + t)): early values fade
};

/// An average keeps an exponential moving average of weights: average += (1 - decay) (weight - average) after each
/// step.
///   ExponentialMovingAverage average(parameters);  optimizer.attach(&average);  // updated inside the optimizer's pass
///   { SwapIn averaged(average); evaluate(model); }  // the model has the averaged weights here
/// Averages follow their parameters to another device or dtype.
class ExponentialMovingAverage {
 public:
  explicit ExponentialMovingAverage(const nn::Parameters& parameters, AverageOptions options = {});
  ExponentialMovingAverage(const ExponentialMovingAverage&) = delete;
  ExponentialMovingAverage& operator=(const ExponentialMovingAverage&) = delete;

  /// Makes one update apart from an optimizer.
  void update();
  int64_t updates() const { return updates_; }
  bool swapped() const { return scopes_ > 0; }

  /// Returns the averages by the names of their parameters, and the count "updates".
  nn::NamedTensors state() const;
  /// Throws DataError when names, shapes or dtypes differ, UsageError while the averages are swapped in.
  void load_state(const nn::NamedTensors& state);

  // What follows is for optimizers.
  /// Counts an update and gives its decay. Throws UsageError while the averages are swapped in, and when a parameter is
  /// no longer what it was.
  double begin_update();
  Tensor* find(const Leaf* leaf);
  /// Moves one average towards its value. Nothing changes where `factor`, a number on the device, is given and is 0.
  void update(Tensor& value, Tensor& average, double decay, const Tensor& factor = {});

 private:
  friend class SwapIn;
  struct Entry {
    KnownParameter known;
    Tensor average;
  };
  void follow();
  void swap_in();
  void swap_out();
  void swap();
  AverageOptions options_;
  std::vector<Entry> entries_;
  std::unordered_map<const Leaf*, size_t> index_;
  int64_t updates_ = 0;
  int scopes_ = 0;  // how many scopes want the averages in place
};

/// A SwapIn puts the averages in the weights' place for its scope; scopes of one average may nest.
class SwapIn {
 public:
  [[nodiscard]] explicit SwapIn(ExponentialMovingAverage& average) : average_(average) { average_.swap_in(); }
  ~SwapIn() { average_.swap_out(); }
  SwapIn(const SwapIn&) = delete;
  SwapIn& operator=(const SwapIn&) = delete;

 private:
  ExponentialMovingAverage& average_;
};

}  // namespace grus::optim
