#include "seq2seq/trainer.h"

#include <fmt/format.h>

#include <chrono>
#include <cmath>
#include <limits>

#include "core/base/atomic_file.h"
#include "core/tensor/items.h"
#include "core/watch/anomaly.h"
#include "data/bleu.h"
#include "ops/math/elementwise.h"
#include "optim/clip.h"
#include "seq2seq/option_table.h"
#include "train/soundness.h"
#include "seq2seq/translator.h"

namespace grus::seq2seq {
namespace {

constexpr size_t most_queued = 32;  // the number of steps

data::LoaderOptions loader_options(const TrainOptions& o) {
  data::LoaderOptions options;
  options.batch_tokens = o.batch_sentences > 0 ? 0 : o.batch_tokens;
  options.batch_sentences = o.batch_sentences;
  options.seed = static_cast<uint64_t>(o.seed);
  options.max_length = o.max_length;
  options.overlong = data::Overlong::skip;
  options.source_marks = source_marks;
  return options;
}

data::EncodedCorpus first_references(const data::ReferenceCorpus& text, const Codecs& codecs) {
  data::EncodedCorpus ids{codecs.source.encode(text.source), {}};
  for (const auto& references : text.references) ids.target.push_back(codecs.target.encode(references.front()));
  return ids;
}

double seconds_now() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

TrainerObserver& silent() {
  static TrainerObserver nobody;
  return nobody;
}

int64_t epoch_steps(const data::Loader& loader) { return static_cast<int64_t>(loader.plan(0).size()); }

int64_t count_steps(const TrainOptions& options, const data::Loader& loader) {
  const int64_t steps = options.epochs * epoch_steps(loader);
  return options.max_steps > 0 ? std::min(options.max_steps, steps) : steps;
}

}  // namespace

Trainer::Trainer(const TrainOptions& options, Architecture& model, const Codecs& codecs, const Corpora& corpora)
    : Trainer(options, model, codecs, corpora, silent()) {}

Trainer::Trainer(const TrainOptions& options, Architecture& model, const Codecs& codecs, const Corpora& corpora,
                 TrainerObserver& observer)
    : options_(options),
      model_(model),
      codecs_(codecs),
      valid_(corpora.valid),
      valid_ids_(first_references(corpora.valid, codecs)),
      texts_(sums_of(corpora)),
      folder_(options.out),
      work_(folder_.unfinished()),
      loader_(data::encode(corpora.train, codecs.source, codecs.target), loader_options(options),
              [&observer](std::string_view line) { observer.notice(line); }),
      parameters_(model.module().named_parameters()),
      optimizer_(make_optimizer(options, parameters_)),
      schedule_(make_schedule(options, count_steps(options, loader_), epoch_steps(loader_))),
      observer_(observer) {
  if (options_.average > 0) {
    average_ = std::make_unique<optim::ExponentialMovingAverage>(parameters_,
                                                                 optim::AverageOptions{.decay = options_.average});
    optimizer_->attach(average_.get());
  }
}

void Trainer::start() {
  std::filesystem::remove_all(work_.path());
  std::filesystem::create_directories(work_.path());
  work_.save_codecs(codecs_);
  work_.save_config(options_, codecs_, texts_);
  seed_draws();
  begun_ = true;
}

// Dropout and the decoder's own words draw from seed + 1, because the first values of the weights are drawn from seed.
void Trainer::seed_draws() const { manual_seed(static_cast<uint64_t>(options_.seed) + 1); }

void Trainer::resume() {
  work_ = folder_.stopped_run();
  require_same_run(options_, work_.load_options(), options_.out);
  const TextSums before = work_.load_text_sums();
  const auto same = [&](const char* flag, const std::string& then, const std::string& now) {
    require<DataError>(then.empty() || then == now, "--{}: need the text that the run in {} began with, got another",
                       flag, options_.out);
  };
  same("train", before.train, texts_.train);
  same("valid", before.valid, texts_.valid);
  if (work_.has_state()) {
    progress_ = load_state(work_.state(), parts());
    optimizer_->set_lr(options_.learning_rate);              // --lr may have changed since
    loader_.start(progress_.epoch - 1, progress_.position);  // throws for a place that is none
  } else {
    require<DataError>(!work_.has_weights(), "{}: need state.safetensors to go on, got weights alone: --init-from {}",
                       options_.out, options_.out);
    seed_draws();
  }
  work_.save_config(options_, codecs_, texts_);
  begun_ = true;
}

bool Trainer::done() const {
  const bool enough = progress_.epoch > options_.epochs ||
                      (options_.max_steps > 0 && progress_.step >= options_.max_steps && progress_.position == 0);
  return enough || (options_.patience > 0 && progress_.epochs_without_better >= options_.patience);
}

bool Trainer::run() {
  if (!begun_) start();
  while (!done()) {
    const bool whole = run_epoch();
    if (whole) end_epoch();
    save();
    if (progress_.best_epoch > 0) adopt();
    if (!whole) {
      if (progress_.best_epoch == 0) save_unjudged();
      return false;
    }
    const EpochMetrics& last = progress_.epochs.back();
    observer_.after_epoch(last, progress_.best_epoch == last.epoch);
  }
  folder_.load_weights(model_);
  model_.module().eval();
  return true;
}

// Trains the rest of an epoch. Returns false when stopped before its end.
bool Trainer::run_epoch() {
  started_ = seconds_now();
  model_.module().train();
  loader_.start(progress_.epoch - 1, progress_.position);
  const auto out_of_steps = [&] { return options_.max_steps > 0 && progress_.step >= options_.max_steps; };
  while (!out_of_steps() && !observer_.stop_requested()) {
    const std::optional<data::Batch> batch = loader_.next();
    if (!batch) break;
    train_step(*batch);
    progress_.position = loader_.position();
    show_progress();
    observer_.after_step(progress_.step);
    if (options_.save_every > 0 && progress_.step % options_.save_every == 0) save();
  }
  read_queued();
  observer_.after_steps();
  const double spent = seconds_now() - started_;
  progress_.sums.training_seconds += spent;
  progress_.sums.seconds += spent;
  return !observer_.stop_requested();
}

BatchLoss Trainer::forward(const PackedBatch& batch) {
  const bool own_words = options_.teacher_forcing < 1;
  BatchLoss loss = loss_of(model_, own_words ? with_own_words(model_, batch, options_.teacher_forcing) : batch,
                           options_.label_smoothing);
  if (options_.loss_per == LossPer::sentence)
    loss.loss =
        loss.loss * (static_cast<double>(batch.labels.numel()) / static_cast<double>(batch.inputs.lengths.batch()));
  return loss;
}

// Queues a step on the device; its figures are read later, for several steps with one wait.
void Trainer::train_step(const data::Batch& batch) {
  QueuedStep step{++progress_.step, to_device(batch), default_rng().state(), {}, {}};
  observer_.before_step();
  BatchLoss loss;
  {
    Tape tape;
    loss = forward(step.batch);
    tape.backward(loss.loss);
    observer_.after_backward(model_.module());
  }
  const Tensor norm = optim::grad_norm(parameters_);
  // A NaN makes the clipping scale 0, so no later step changes the weights before the figures are read.
  soundness_ = soundness_ + 0 * (norm + loss.loss);
  step.nll_sum = loss.nll_sum;
  step.norm = norm + soundness_;
  const double limit = options_.clip > 0 ? options_.clip : std::numeric_limits<double>::infinity();
  optimizer_->set_lr_factor(schedule_(step.number - 1));
  optimizer_->step(optim::clip_scale(step.norm, limit));
  optimizer_->zero_grad();
  queued_.push_back(std::move(step));
  if (queued_.size() == most_queued) read_queued();
}

// Reading these figures is the one wait for the device.
void Trainer::read_queued() {
  std::vector<Tensor> told;
  for (const QueuedStep& step : queued_) told.insert(told.end(), {step.nll_sum, step.norm});
  const std::vector<double> seen = items(told);
  for (size_t i = 0; i < queued_.size(); ++i) {
    const double nll = seen[2 * i], norm = seen[2 * i + 1];
    if (!std::isfinite(norm)) find_origin(queued_[i]);
    const int64_t tokens = queued_[i].batch.labels.numel();
    progress_.sums.nll += nll;
    progress_.sums.tokens += tokens;
    last_loss_ = nll / static_cast<double>(tokens);
  }
  queued_.clear();
}

// Repeats a step with every result checked: the first bad result names its op.
void Trainer::find_origin(const QueuedStep& step) {
  observer_.after_steps();
  require_sound(step.number);
  optimizer_->zero_grad();
  default_rng().set_state(step.rng);
  std::string why = "the loss is not finite";
  try {
    const AnomalyWatch watch;
    Tape tape;
    tape.backward(forward(step.batch).loss);
    optim::clip_scale(parameters_, 1, optim::NonFinite::error);
  } catch (const Error& error) {
    why = error.what();
  }
  give_up(step.number, why);
}

// Finite gradients can still lead to weights that are not: an Adam without epsilon divides 0 by 0.
void Trainer::require_sound(int64_t step) {
  const std::string bad = first_not_finite(parts());
  if (!bad.empty()) give_up(step, fmt::format("NaN or infinity in {}", bad));
}

void Trainer::give_up(int64_t step, const std::string& why) {
  observer_.after_steps();
  if (progress_.best_epoch == 0 && train::first_not_finite(model_.module().state_dict()).empty()) save_unjudged();
  const char* kept = "no good weights were saved";
  if (folder_.has_weights())
    kept = work_.path() == folder_.path() ? "the last good weights are in" : "the model from before is still in";
  fail<Error>("step {} (epoch {}): {}; {}{}", step, progress_.epoch, why, kept,
              folder_.has_weights() ? " " + folder_.weights().string() : "");
}

Trainer::Figures Trainer::validate() {
  model_.module().eval();
  std::optional<optim::SwapIn> averaged;
  if (average_) averaged.emplace(*average_);
  const Likelihood text = likelihood(model_, valid_ids_);
  const std::vector<std::string> said = translate_best(model_, codecs_, valid_.source, {.beam = 1, .batch_rows = 128});
  const data::Bleu bleu = data::corpus_bleu(said, valid_.references, {.tokenize = options_.bleu_tokenize});
  return {text.nll / static_cast<double>(text.tokens), bleu.score};
}

void Trainer::end_epoch() {
  require_sound(progress_.step);
  const double started = seconds_now();
  observer_.before_validation(progress_.epoch);
  const Figures figures = validate();
  observer_.after_validation();
  EpochSums& sums = progress_.sums;
  sums.seconds += seconds_now() - started;
  const auto tokens = static_cast<double>(std::max<int64_t>(sums.tokens, 1));
  EpochMetrics metrics{.epoch = progress_.epoch, .step = progress_.step};
  metrics.train_loss = sums.nll / tokens;
  metrics.valid_loss = figures.loss;
  metrics.valid_perplexity = std::exp(figures.loss);
  metrics.valid_bleu = figures.bleu;
  metrics.target_tokens_per_second = tokens / sums.training_seconds;
  metrics.seconds = sums.seconds;
  progress_.epochs.push_back(metrics);
  keep_if_better(metrics);
  ++progress_.epoch;
  progress_.position = 0;
  sums = {};
  write_metrics();
}

void Trainer::keep_if_better(const EpochMetrics& metrics) {
  const auto figure = [&](const EpochMetrics& m) {
    return options_.select == Figure::bleu ? m.valid_bleu : -m.valid_perplexity;
  };
  bool better = progress_.best_epoch == 0;
  if (!better) {
    const EpochMetrics& best = progress_.epochs[static_cast<size_t>(progress_.best_epoch - 1)];
    better = figure(metrics) > figure(best);
  }
  progress_.epochs_without_better = better ? 0 : progress_.epochs_without_better + 1;
  if (!better) return;
  progress_.best_epoch = metrics.epoch;
  save_weights();
}

// The averages are saved, as the model is judged by them.
void Trainer::save_weights() {
  std::optional<optim::SwapIn> averaged;
  if (average_) averaged.emplace(*average_);
  work_.save_weights(model_);
}

// Weights that no validation has judged make a new folder fit for use, and never replace an older model.
void Trainer::save_unjudged() {
  if (work_.path() != folder_.path() && folder_.has_weights()) return;
  save_weights();
  adopt();
}

void Trainer::adopt() {
  if (work_.path() == folder_.path()) return;
  folder_.adopt_unfinished();
  work_ = folder_;
}

void Trainer::save() {
  read_queued();
  require_sound(progress_.step);
  save_state(work_.state(), parts(), progress_);
}

void Trainer::write_metrics() const {
  std::string lines;
  for (const EpochMetrics& metrics : progress_.epochs) lines += metrics_line(metrics);
  write_file_atomically(work_.metrics(), lines);
}

void Trainer::show_progress() {
  if (!observer_.wants_progress()) return;
  read_queued();
  const EpochSums& sums = progress_.sums;
  const double spent = sums.training_seconds + seconds_now() - started_;
  const auto done = static_cast<double>(progress_.position), all = static_cast<double>(loader_.batches());
  const double left = spent / done * (all - done + all * static_cast<double>(options_.epochs - progress_.epoch));
  observer_.show_progress({.epoch = progress_.epoch,
                           .epochs = options_.epochs,
                           .batch = progress_.position,
                           .batches = loader_.batches(),
                           .loss = last_loss_,
                           .perplexity = std::exp(sums.nll / static_cast<double>(sums.tokens)),
                           .target_tokens_per_second = static_cast<double>(sums.tokens) / spent,
                           .seconds_left = left});
}

}  // namespace grus::seq2seq
