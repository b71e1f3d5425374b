#include "metrics/metric.h"

#include <cmath>

#include "core/base/error.h"
#include "core/tensor/tensor.h"

namespace grus::metrics {

double Metric::mean_of(double sum, double weight) const {
  require<UsageError>(weight > 0, "[{}] need at least one example, got none", name_);
  const double mean = sum / weight;
  require<UsageError>(!std::isnan(mean), "[{}] need finite examples and weights, got a sum of {} over a weight of {}",
                      name_, sum, weight);
  return mean;
}

void Metric::exchange(MetricState&) {
  fail<UsageError>("[{}] need exchange() of a metric whose run is saved, which says what it keeps", name_);
}

nn::NamedTensors Metric::state() {
  MetricState taken;
  exchange(taken);
  return {{"numbers", Tensor::from(taken.numbers(), Device("cpu"))}};  // another device may lack f64
}

void Metric::load_state(const nn::NamedTensors& state) { read_state(state, MetricState::Use::give); }
void Metric::add_state(const nn::NamedTensors& state) { read_state(state, MetricState::Use::add); }

void Metric::read_state(const nn::NamedTensors& state, MetricState::Use use) {
  const Tensor* numbers = nn::find(state, "numbers");
  require<DataError>(numbers && numbers->dtype() == DType::f64, "[{}] need a state of numbers in f64, got {}", name_,
                     numbers ? "another" : "none");
  MetricState given(name_, numbers->to_vector<double>(), use);
  exchange(given);
  given.finish();
}

}  // namespace grus::metrics
