// A step is queued on the device; its figures are read later, for several steps with one wait.
#include <fmt/format.h>

#include <cmath>
#include <limits>

#include "core/base/error.h"
#include "core/device/precision.h"
#include "core/tape/tape.h"
#include "core/tensor/items.h"
#include "core/watch/anomaly.h"
#include "ops/math/elementwise.h"
#include "optim/clip.h"
#include "training/loop.h"
#include "training/soundness.h"

namespace grus::training {
namespace {

constexpr size_t most_queued = 32;  // the number of steps

Tensor scalar(const Tensor& x) { return x.rank() == 0 ? x : x.reshape({}); }

Tensor as(const Tensor& x, const Tensor& like) { return x.dtype() == like.dtype() ? x : cast(x, like.dtype()); }

}  // namespace

// The first batch of a step, or all of them where they are cut into shards.
bool Loop::next_batches() {
  if (!ranks_.sharded()) return source_.next();
  taken_ = source_.take(options_.accumulate);
  return taken_ > 0;
}

// Returns false where the step was skipped.
bool Loop::train_step() {
  QueuedStep step{progress_.epoch,
                  ++progress_.step,
                  progress_.position,
                  0,
                  0,
                  default_rng().state(),
                  0,
                  0,
                  scaler_ ? scaler_->scale() : 1};
  BeforeStep before = before_step();
  if (freeze_.begins_at(step.step)) freeze_.apply(step.epoch, step.step);
  tell(&Callback::step_begin, {step.epoch, step.step});
  const ActivationScope activations(options_.activations);
  const Tensor loss = ranks_.sharded() ? forward_backward_shards(step) : forward_backward(step);
  progress_.position += step.batches;
  if (!update(step, loss)) {
    skip(step, std::move(before));
    return false;
  }
  queued_.push_back(step);
  if (queued_.size() == most_queued) read_figures();
  return true;
}

// Where a step has several batches, each one's loss weighs by its count.
Tensor Loop::minimised(const Loss& of, const QueuedStep& step) const {
  const Tensor loss = options_.accumulate > 1 || ranks_.sharded() ? of.loss * of.count : of.loss;
  return step.scale == 1 ? loss : loss * step.scale;
}

// Adds up the gradients of the step's batches. Where there are several, each one's loss weighs by its count, so that
// their sum over all counts is the gradient of the mean over all of them.
Tensor Loop::forward_backward(QueuedStep& step) {
  Tensor all;
  do {
    Tape tape;
    const Loss of = source_.loss();
    of.require_usable();
    const Tensor loss = minimised(of, step);
    tape.backward(loss);
    tell(&Callback::backward_end, {model_, step.epoch, step.step, step.scale});
    const Tensor seen = scalar(loss.detach());
    figures_.push_back(of.sum.defined() ? of.sum.detach() : scalar(of.loss.detach()));
    times_.push_back(of.sum.defined() ? 1 : of.count);
    all = all.defined() ? all + seen : seen;
    step.count += of.count;
    ++step.batches;
    ++step.losses;
  } while (step.batches < options_.accumulate && source_.next());
  return all;
}

double Loop::scheduled_factor(int64_t step) const {
  const double scheduled = options_.schedule ? options_.schedule(step - 1) : 1;
  return scheduled * (plateau_ ? plateau_->factor() : 1) * progress_.rate_factor;
}

// A NaN makes the clipping scale 0 from its step on, so that no later step changes the weights before somebody reads
// the figures. Returns false, and changes nothing, where a scaled loss or its gradients overflowed.
bool Loop::update(QueuedStep& step, const Tensor& loss) {
  const NoGrad unrecorded;
  const bool several = options_.accumulate > 1 || ranks_.sharded();
  const double unscaled = (several ? 1 / step.count : 1) / step.scale;
  Tensor norm = optim::grad_norm(parameters_);
  if (unscaled != 1) norm = norm * unscaled;
  optim::taint_norm(norm, as(loss, norm), norm_);
  if (scaler_ && !scaler_->update(finite_on_all_ranks(norm))) return false;
  norm_ = norm;
  figures_.push_back(norm);
  const double limit = options_.clip > 0 ? options_.clip : std::numeric_limits<double>::infinity();
  const Tensor scale = optim::clip_scale(norm, limit);
  optimizer_.set_lr_factor(scheduled_factor(step.step));
  optimizer_.step(unscaled != 1 ? scale * unscaled : scale);
  if (optimizer_shards_) optimizer_shards_->gather_values();
  optimizer_.zero_grad();
  step.learning_rate = optimizer_.lr();
  return true;
}

// Reading these figures is the one wait for the device.
void Loop::read_figures() {
  if (queued_.empty()) return;
  std::vector<QueuedStep> steps;
  steps.swap(queued_);
  queued_.reserve(most_queued);
  const std::vector<double> seen = items(figures_), times = std::exchange(times_, {});
  figures_.clear();
  size_t at = 0, term = 0;
  for (const QueuedStep& step : steps) {
    double sum = 0;
    for (int64_t i = 0; i < step.losses; ++i) sum += times[term++] * seen[at++];
    const double norm = seen[at++];
    if (!std::isfinite(norm)) find_origin(step);
    progress_.sums.loss += sum;
    progress_.sums.count += step.count;
    tell(&Callback::step_figures, {step.epoch, step.step, sum / step.count, step.count, norm, step.learning_rate});
  }
}

// Repeats a step with every result checked: the first bad result names its op.
void Loop::find_origin(const QueuedStep& step) {
  require_sound(step.step, step.epoch);
  optimizer_.zero_grad();
  default_rng().set_state(step.rng);
  std::string why;
  try {
    const AnomalyWatch watch;
    const ActivationScope activations(options_.activations);
    source_.start(step.epoch - 1, step.position);
    if (ranks_.sharded()) {
      const RandomKey key = default_rng().next();
      taken_ = source_.take(step.batches);
      for (int64_t shard = ranks_.shards().begin; shard < ranks_.shards().end; ++shard) run_shard(step, key, shard);
    } else {
      for (int64_t i = 0; i < step.batches && source_.next(); ++i) {
        Tape tape;
        tape.backward(minimised(source_.loss(), step));
      }
    }
    optim::clip_scale(parameters_, 1, optim::NonFinite::error);
  } catch (const Error& error) {
    why = error.what();
  }
  why = first_reason(why);
  if (why.empty()) why = "the loss is not finite";
  if (scaler_)
    why += fmt::format(" (steps skipped one after another: {}, the last one with a loss scale of {})",
                       scaler_->state().in_a_row, step.scale);
  give_up(step.step, step.epoch, why);
}

// Finite gradients can still lead to weights that are not: an Adam without epsilon divides 0 by 0.
void Loop::require_sound(int64_t step, int64_t epoch) {
  const std::string bad = first_not_finite(parts());
  if (!bad.empty()) give_up(step, epoch, fmt::format("NaN or infinity in {}", bad));
}

void Loop::give_up(int64_t step, int64_t epoch, const std::string& why) {
  if (progress_.best == 0 && first_not_finite(model_.state_dict()).empty())
    for_leader([&] { with_averages([&] { keeper_.keep_unjudged(model_); }); });
  fail<Error>("step {} (epoch {}): {}; {}", step, epoch, why, keeper_.what_is_left());
}

}  // namespace grus::training
