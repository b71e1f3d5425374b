// The model is judged, and the best weights are kept.
#include <fmt/format.h>

#include <cmath>

#include "core/base/error.h"
#include "core/thread/recording.h"
#include "training/loop.h"

namespace grus::training {
namespace {

// Larger is better.
double merit(const Figure& figure) { return figure.larger_is_better ? figure.value : -figure.value; }

std::string names_of(const std::vector<Figure>& figures) {
  std::string names;
  for (const Figure& figure : figures) names += (names.empty() ? "" : ", ") + figure.name;
  return names;
}

}  // namespace

void Loop::judge() {
  read_figures();
  count_time(true);
  require_sound(progress_.step, progress_.epoch);
  ranks_.require_same_weights(model_, progress_.step);
  keep(measure());
}

std::vector<Figure> Loop::validate() {
  std::vector<Figure> figures;
  if (!options_.validation.measure) return figures;
  tell(&Callback::validation_begin, {progress_.epoch, progress_.step});
  const bool training = model_.is_training();
  model_.eval();
  with_averages([&] {
    const NoGrad unrecorded;
    if (options_.validation.measure_on_ranks && ranks_.sharded())
      figures = options_.validation.measure_on_ranks(ranks_.all());
    else for_leader([&] { figures = options_.validation.measure(); });
  });
  figures = from_leader(std::move(figures));
  model_.train(training);
  tell(&Callback::validation_end, {progress_.epoch, progress_.step, figures});
  return figures;
}

Record Loop::measure() {
  const StepSums& sums = progress_.sums;
  Record record{.epoch = progress_.epoch, .step = progress_.step};
  record.figures.push_back({"train_loss", sums.loss / sums.count});
  std::vector<Figure> of_training;
  if (shard_metrics_.used()) shard_metrics_.gather(ranks_);
  for_leader([&] {
    for (const metrics::Metric* metric : options_.metrics)
      of_training.push_back({"train_" + metric->name(), sums.count > 0 ? metric->value() : std::nan(""),  // all skipped
                             metric->larger_is_better()});
  });
  for (metrics::Metric* metric : options_.metrics) metric->reset();
  shard_metrics_.forget();
  for (const Figure& figure : from_leader(std::move(of_training))) record.figures.push_back(figure);
  if (scaler_) {
    record.figures.push_back({"loss_scale", scaler_->scale()});
    record.figures.push_back({"skipped_steps", static_cast<double>(sums.skipped)});
  }
  const std::vector<Figure> figures = validate();
  record.figures.insert(record.figures.end(), figures.begin(), figures.end());
  record.learning_rate = optimizer_.lr();
  record.count = sums.count;
  count_time(false);
  record.seconds = sums.seconds;
  record.training_seconds = sums.training_seconds;
  return record;
}

const Figure* Loop::watched(const Record& record) const {
  if (!options_.watch.empty()) {
    const Figure* figure = record.find(options_.watch);
    require<UsageError>(figure != nullptr, "[fit] need a figure to watch among {}, got '{}'", names_of(record.figures),
                        options_.watch);
    return figure;
  }
  const size_t of_training = 1 + options_.metrics.size() + (scaler_ ? 2 : 0);
  return record.figures.size() > of_training ? &record.figures[of_training] : nullptr;
}

bool Loop::is_better(const Record& record) const {
  const Figure* figure = watched(record);
  if (!figure || options_.newest || progress_.best == 0) return true;
  const Figure* best = progress_.history[static_cast<size_t>(progress_.best - 1)].find(figure->name);
  if (!best || std::isnan(best->value)) return true;
  return merit(*figure) > merit(*best) + options_.margin;
}

void Loop::keep(Record record) {
  Progress& p = progress_;
  record.best = is_better(record);
  p.sums = {};
  p.history.push_back(std::move(record));
  const Record& last = p.history.back();
  p.since_best = last.best ? 0 : p.since_best + 1;
  if (last.best) p.best = static_cast<int64_t>(p.history.size());
  for_leader([&] {
    with_averages([&] {
      if (last.best) keeper_.keep_best(model_);
      keeper_.keep_recent(model_, p.step);
    });
  });
  const Figure* figure = watched(last);
  if (plateau_ && figure) plateau_->update(-merit(*figure));
  tell(&Callback::recorded, {model_, last, p.history});
}

void Loop::judge_last_average(FitResult& result) {
  bool averaged = false;
  for_leader([&] { averaged = keeper_.load_last_average(model_); });
  if (ranks_.all().from_leader("last average", averaged ? "some" : "none") == "none") return;
  ranks_.share_weights(model_);
  average_.reset();
  optimizer_.attach(nullptr);
  result.last_average = validate();
}

}  // namespace grus::training
