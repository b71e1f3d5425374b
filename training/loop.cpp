#include "training/loop.h"

#include <fmt/format.h>

#include <cmath>

#include "core/base/error.h"
#include "core/base/printable.h"
#include "parallel/world.h"
#include "training/terminal_line.h"

namespace grus::training {

namespace {

// Other ranks than the leader have only the callbacks that all must have.
FitOptions of_rank(FitOptions options, const Ranks& ranks) {
  if (!ranks.leads()) std::erase_if(options.callbacks, [](const Callback* one) { return !one->on_every_rank(); });
  return options;
}

}  // namespace

Loop::Loop(nn::ModuleBase& model, optim::Optimizer& optimizer, Source& source, Keeper& keeper, FitOptions options)
    : model_(model),
      optimizer_(optimizer),
      source_(source),
      keeper_(keeper),
      ranks_(options.ranks ? *options.ranks : parallel::world(), options.shards),
      options_(of_rank(checked(std::move(options)), ranks_)),
      parameters_(model.named_parameters()),
      freeze_(model, options_.freeze) {
  if (options_.average > 0) {
    average_ = std::make_unique<optim::ExponentialMovingAverage>(parameters_,
                                                                 optim::AverageOptions{.decay = options_.average});
    optimizer_.attach(average_.get());
  }
  if (options_.plateau) {
    optim::PlateauOptions plateau = *options_.plateau;
    plateau.larger_is_better = false;  // the loop turns figures round
    plateau_ = std::make_unique<optim::Plateau>(plateau);
  }
  if (options_.loss_scale) scaler_.emplace(*options_.loss_scale);
}

Loop::~Loop() {
  if (average_) optimizer_.attach(nullptr);
}

Identity Loop::identity() const {
  return {{"seed", options_.seed ? fmt::format("{}", *options_.seed) : "none"},
          {"accumulate", fmt::format("{}", options_.accumulate)},
          {"average", average_ ? "some" : "none"},
          {"data", source_.fingerprint()}};
}

void Loop::start() {
  if (options_.seed) manual_seed(*options_.seed);
  join();
}

void Loop::resume() {
  progress_ = load_state(keeper_.state_file(), parts(), identity());
  if (scaler_ && progress_.loss_scale) scaler_->load_state(*progress_.loss_scale);
  if (const std::string machine = machine_fact();
      ranks_.leads() && !progress_.machine.empty() && progress_.machine != machine)
    fmt::print(stderr, "warning: {} comes from {}, this is {}: sums may differ in their last bits\n",
               keeper_.state_file().string(), Shown{progress_.machine}, machine);
  ranks_.go_on_with(progress_.shards);
  join();
  source_.start(progress_.epoch - 1, progress_.position);
  const int64_t batches = source_.batches();
  require<UsageError>(progress_.batches < 0 || batches < 0 || progress_.batches == batches,
                      "{}: need the batches that the run began with, {} in epoch {}, got {}",
                      keeper_.state_file().string(), progress_.batches, progress_.epoch, batches);
}

void Loop::save() {
  if (keeper_.state_file().empty()) return;
  read_figures();
  require_sound(progress_.step, progress_.epoch);
  progress_.machine = machine_fact();
  progress_.loss_scale.reset();
  if (scaler_) progress_.loss_scale = scaler_->state();
  const nn::NamedTensors listeners = gather_to_leader(ranks_.all(), "state", listeners_state(parts()));
  const nn::NamedTensors optimizer = optimizer_shards_ ? optimizer_shards_->gather_state() : optimizer_.state();
  for_leader([&] {
    save_state(keeper_.state_file(), parts(), optimizer, listeners, progress_, identity());
    keeper_.saved(progress_.best > 0);
  });
}

void Loop::set_rate_factor(double factor) {
  require<UsageError>(factor >= 0 && std::isfinite(factor),
                      "[fit] need a factor of learning rates of at least 0, got {}", factor);
  progress_.rate_factor = factor;
}

void Loop::count_time(bool training) {
  const double now = seconds_now(), spent = now - clock_;
  clock_ = now;
  progress_.sums.seconds += spent;
  if (training) progress_.sums.training_seconds += spent;
}

bool Loop::done() const {
  const bool enough = (options_.epochs > 0 && progress_.epoch > options_.epochs) || out_of_steps();
  return enough || out_of_patience() || !progress_.ended.empty();
}

std::string Loop::why() const {
  if (!progress_.ended.empty()) return progress_.ended;
  return out_of_patience() ? "patience" : out_of_steps() ? "steps" : done() ? "epochs" : "stop";
}

FitResult Loop::run() {
  try {
    return train();
  } catch (const std::exception& error) {
    const std::string what = error.what();
    try {
      end(false, what);
    } catch (const std::exception&) {  // the first error is the one to tell
    }
    throw;
  }
}

void Loop::begin() {
  begun_ = ended_ = 0;
  const Length length{options_.epochs, options_.steps};
  const TrainBegin event{model_, keeper_.folder(), length, progress_.epoch, progress_.step, progress_.history};
  for (; begun_ < options_.callbacks.size(); ++begun_) options_.callbacks[begun_]->train_begin(event, *this);
}

void Loop::end(bool finished, const std::string& error) {
  const TrainEnd event{model_, progress_.history, progress_.epoch, progress_.step, finished, error};
  while (ended_ < begun_) options_.callbacks[ended_++]->train_end(event, *this);
}

FitResult Loop::train() {
  join();
  optimizer_.zero_grad();
  freeze_.apply(progress_.epoch, progress_.step + 1);
  progress_.finished = false;
  begin();
  for (agree(); !done(); agree()) {
    if (run_epoch()) continue;
    read_figures();
    save();
    if (progress_.best == 0) for_leader([&] { with_averages([&] { keeper_.keep_unjudged(model_); }); });
    end(false, "");
    return result(false);
  }
  return finish();
}

// Trains the rest of an epoch. Returns false when it was asked to stop.
bool Loop::run_epoch() {
  clock_ = seconds_now();
  model_.train();
  source_.start(progress_.epoch - 1, progress_.position);
  progress_.batches = source_.batches();
  freeze_.apply(progress_.epoch, progress_.step + 1);
  tell(&Callback::epoch_begin, {progress_.epoch, progress_.step, progress_.position, progress_.batches});
  const auto every = [&](int64_t steps) { return steps > 0 && progress_.step % steps == 0; };
  bool whole = false;
  while (!out_of_steps() && !out_of_patience() && progress_.ended.empty() && !stop_requested()) {
    whole = !next_batches();
    if (whole) break;
    if (!train_step()) {
      follow();
      continue;
    }
    tell(&Callback::step_end,
         {progress_.epoch, progress_.step, progress_.position, progress_.batches, {options_.epochs, options_.steps}});
    if (every(options_.validate_every)) judge();
    if (every(options_.validate_every) || every(options_.save_every)) save();
    follow();
  }
  count_time(true);
  if (stop_requested()) return false;
  require<DataError>(!whole || progress_.position > 0, "[fit] need at least one batch in epoch {}, got none",
                     progress_.epoch);
  if (whole) end_epoch();
  return true;
}

void Loop::end_epoch() {
  const bool judges = options_.validate_every == 0;
  if (judges) judge();
  const int64_t ended = progress_.epoch++;
  progress_.position = 0;
  progress_.batches = -1;
  tell(&Callback::epoch_end, {ended, progress_.step, progress_.history});
  if (judges) save();
}

FitResult Loop::finish() {
  const bool judged = !progress_.history.empty() && progress_.history.back().step == progress_.step;
  if (!judged) judge();
  progress_.finished = true;
  save();
  FitResult all = result(true);
  judge_last_average(all);
  for_leader([&] { keeper_.restore_best(model_); });
  ranks_.share_weights(model_);
  model_.eval();
  end(true, "");
  return all;
}

FitResult Loop::result(bool finished) const {
  FitResult all;
  all.finished = finished;
  all.why = finished ? why() : "stop";
  all.epoch = progress_.epoch;
  all.step = progress_.step;
  all.history = progress_.history;
  all.best = progress_.best - 1;
  return all;
}

}  // namespace grus::training
