#include "training/validation.h"

#include <algorithm>

#include "core/base/error.h"
#include "training/ranks.h"

namespace grus::training {
namespace {

// States go by names "batch/metric/name".
std::string prefix_of(int64_t batch, size_t metric) {
  return std::to_string(batch) + "/" + std::to_string(metric) + "/";
}

bool have_states(const std::vector<metrics::Metric*>& metrics) {
  try {
    for (metrics::Metric* metric : metrics) metric->state();
  } catch (const UsageError&) {
    return false;
  }
  return true;
}

}  // namespace

MetricsByBatch::MetricsByBatch(const std::vector<metrics::Metric*>& metrics, parallel::Communicator& ranks)
    : metrics_(metrics), ranks_(ranks) {
  reset_metrics(metrics_);
  shared_ = have_states(metrics_);
}

bool MetricsByBatch::own(int64_t batch) const {
  return shared_ ? batch % ranks_.size() == ranks_.rank() : ranks_.leads();
}

void MetricsByBatch::keep(int64_t batch) {
  if (!shared_) return;
  for (size_t i = 0; i < metrics_.size(); ++i) {
    for (const auto& [name, tensor] : metrics_[i]->state()) kept_.push_back({prefix_of(batch, i) + name, tensor});
    metrics_[i]->reset();
  }
}

std::vector<Figure> MetricsByBatch::figures() {
  const nn::NamedTensors all = shared_ ? gather_to_leader(ranks_, "validation", kept_) : nn::NamedTensors();
  if (!ranks_.leads()) return {};
  std::vector<std::vector<std::pair<int64_t, nn::NamedTensors>>> states(metrics_.size());
  for (const auto& [name, tensor] : all) {
    const size_t first = name.find('/'), second = name.find('/', first + 1);
    auto& of = states[std::stoul(name.substr(first + 1))];
    const int64_t batch = std::stoll(name);
    if (of.empty() || of.back().first != batch) of.emplace_back(batch, nn::NamedTensors());
    of.back().second.push_back({name.substr(second + 1), tensor});
  }
  for (size_t i = 0; i < states.size(); ++i) {
    std::stable_sort(states[i].begin(), states[i].end(),
                     [](const auto& a, const auto& b) { return a.first < b.first; });
    for (const auto& [batch, state] : states[i]) metrics_[i]->add_state(state);
  }
  return read_metrics(metrics_);
}

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
