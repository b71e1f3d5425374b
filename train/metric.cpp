#include "train/metric.h"

#include <cmath>

#include "core/base/error.h"

namespace grus::metrics {

double Metric::mean_of(double sum, double weight) const {
  require<UsageError>(weight > 0, "[{}] need at least one example, got none", name_);
  const double mean = sum / weight;
  require<UsageError>(!std::isnan(mean), "[{}] need finite examples and weights, got a sum of {} over a weight of {}",
                      name_, sum, weight);
  return mean;
}

}  // namespace grus::metrics
