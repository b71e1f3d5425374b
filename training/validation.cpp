#include "training/validation.h"

#include <algorithm>

#include "core/base/error.h"

namespace grus::training {

std::vector<Figure> read_metrics(const std::vector<metrics::Metric*>& metrics) {
  std::vector<Figure> figures;
  for (metrics::Metric* metric : metrics) {
    figures.push_back({"valid_" + metric->name(), metric->value(), metric->larger_is_better()});
    metric->reset();
  }
  return figures;
}

void reset_metrics(const std::vector<metrics::Metric*>& metrics) {
  for (metrics::Metric* metric : metrics) metric->reset();
}

std::vector<std::string> names_of_metrics(const std::vector<metrics::Metric*>& metrics) {
  require<UsageError>(!metrics.empty(), "[validation] need at least one metric, got none");
  std::vector<std::string> names;
  for (const metrics::Metric* metric : metrics) {
    require<UsageError>(metric != nullptr, "[validation] need metrics, got a null pointer");
    const std::string name = "valid_" + metric->name();
    require<UsageError>(std::find(names.begin(), names.end(), name) == names.end(),
                        "[validation] need a name of its own for each metric, got '{}' twice", metric->name());
    names.push_back(name);
  }
  return names;
}

}  // namespace grus::training
