#include "examples/seq2seq/training_console.h"

#include <fmt/format.h>

#include <cmath>

#include "examples/support/program.h"
#include "training/stop.h"

namespace grus::seq2seq {

TrainerHooks TrainingConsole::hooks() { return {{&watch_, this}, training::stop_requested, complain}; }

void TrainingConsole::epoch_begin(const training::EpochBegin& event, training::Control&) {
  epoch_began_ = training::seconds_now();
  first_position_ = event.position;
  nll_ = tokens_ = 0;
}

void TrainingConsole::step_figures(const training::StepFigures& event, training::Control&) {
  last_loss_ = event.loss;
  nll_ += event.loss * event.count;
  tokens_ += event.count;
}

void TrainingConsole::step_end(const training::StepEnd& event, training::Control& control) {
  if (!line_.due()) return;
  control.read_figures();
  const double spent = training::seconds_now() - epoch_began_;
  const auto done = static_cast<double>(event.position - first_position_);
  const int64_t left = event.batches * (event.length.epochs - event.epoch + 1) - event.position;
  line_.show(fmt::format("epoch {}/{}  step {}/{}  loss {:.3f}  perplexity {:.1f}  {:.0f} tokens/s  ETA {}",
                         event.epoch, event.length.epochs, event.position, event.batches, last_loss_,
                         std::exp(nll_ / tokens_), tokens_ / spent,
                         training::clock_text(spent / done * static_cast<double>(left))));
}

void TrainingConsole::validation_begin(const training::ValidationBegin& event, training::Control&) {
  line_.show(fmt::format("epoch {}: validation", event.epoch));
}

void TrainingConsole::recorded(const training::Recorded& event, training::Control&) {
  const EpochMetrics metrics = metrics_of(event.record);
  std::string scores;
  if (std::isfinite(metrics.valid_bleu)) scores += fmt::format(" BLEU {:.2f}", metrics.valid_bleu);
  if (std::isfinite(metrics.valid_chrf)) scores += fmt::format(" chrF {:.2f}", metrics.valid_chrf);
  std::string guided;
  if (std::isfinite(metrics.train_alignment_loss))
    guided = fmt::format(" alignment {:.3f}", metrics.train_alignment_loss);
  if (metrics.skipped_steps > 0)
    guided += fmt::format(" skipped {} step{}, loss scale {}", metrics.skipped_steps,
                          metrics.skipped_steps == 1 ? "" : "s", metrics.loss_scale);
  const std::string when =
      validate_every_ > 0 ? fmt::format("step {:5}", metrics.step) : fmt::format("epoch {:2}", metrics.epoch);
  fmt::print(
      "{}  train loss {:.3f} perplexity {:.2f}{}  valid loss {:.3f} perplexity {:.2f}{}  {:.0f} tokens/s  {:.0f} s{}\n",
      when, metrics.train_loss, std::exp(metrics.train_loss), guided, metrics.valid_loss, metrics.valid_perplexity,
      scores, metrics.target_tokens_per_second, metrics.seconds, event.record.best ? "  *" : "");
  std::fflush(stdout);
}

}  // namespace grus::seq2seq
