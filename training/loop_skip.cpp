// A step whose scaled gradients overflowed is skipped: it leaves all but its batches and its random numbers as it was.
#include <algorithm>
#include <cmath>

#include "core/tensor/items.h"
#include "training/loop.h"

namespace grus::training {

Loop::BeforeStep Loop::before_step() const {
  BeforeStep before{figures_.size(), times_.size(), {}, {}, {}};
  if (!scaler_) return before;
  if (shard_metrics_.used()) before.shard_metrics = shard_metrics_.kept();
  else
    for (metrics::Metric* metric : options_.metrics) before.metrics.push_back(metric->state());
  for (const auto& [name, value] : model_.named_buffers()) before.buffers.push_back({name, value.detach().clone()});
  return before;
}

// A fast sum may differ in its last bits from rank to rank; an overflow of one is an overflow of all.
bool Loop::finite_on_all_ranks(const Tensor& norm) const {
  const bool finite = std::isfinite(items({norm})[0]);
  if (!ranks_.several() || options_.reduce == parallel::Reduce::tree) return finite;
  const std::vector<std::string> all = ranks_.all().gather("overflow", finite ? "" : "overflow");
  return std::all_of(all.begin(), all.end(), [](const std::string& one) { return one.empty(); });
}

// An overflow that is not the scale's ends the training with its origin.
void Loop::skip(const QueuedStep& step, BeforeStep before) {
  figures_.resize(before.figures);
  times_.resize(before.times);
  if (scaler_->is_hopeless()) {
    read_figures();
    find_origin(step);
  }
  optimizer_.zero_grad();
  if (shard_metrics_.used()) shard_metrics_.restore(std::move(before.shard_metrics));
  else
    for (size_t i = 0; i < before.metrics.size(); ++i) options_.metrics[i]->load_state(before.metrics[i]);
  if (!before.buffers.empty()) model_.load_state_dict(before.buffers, false);
  --progress_.step;
  ++progress_.sums.skipped;
  const optim::LossScale& now = scaler_->state();
  tell(&Callback::step_skipped,
       {step.epoch, step.step, progress_.position, step.scale, now.scale, now.skipped, now.in_a_row});
}

}  // namespace grus::training
