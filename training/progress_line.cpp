#include "training/progress_line.h"

#include <fmt/format.h>

#include <algorithm>

namespace grus::training {

void ProgressLine::train_begin(const TrainBegin& event, Control&) {
  began_ = seconds_now();
  first_step_ = event.step;
}

void ProgressLine::epoch_begin(const EpochBegin& event, Control&) {
  epoch_began_ = seconds_now();
  first_position_ = event.position;
}

// Time of an epoch is that of its batches until now; behind the last epoch or the last step nothing is left.
double ProgressLine::seconds_left(const StepEnd& event, double spent) const {
  double left = -1;
  const double batches = static_cast<double>(event.position - first_position_);
  if (event.length.epochs > 0 && event.batches > 0 && batches > 0) {
    const auto epochs = static_cast<double>(event.length.epochs - event.epoch);
    const double all =
        static_cast<double>(event.batches - event.position) + epochs * static_cast<double>(event.batches);
    left = (seconds_now() - epoch_began_) / batches * all;
  }
  if (event.length.steps > 0) {
    const double by_steps =
        spent / static_cast<double>(event.step - first_step_) * static_cast<double>(event.length.steps - event.step);
    left = left < 0 ? by_steps : std::min(left, by_steps);
  }
  return left;
}

void ProgressLine::step_end(const StepEnd& event, Control& control) {
  if (!line_.due()) return;
  control.read_figures();
  const double spent = seconds_now() - began_, left = seconds_left(event, spent);
  const std::string epochs = event.length.epochs > 0 ? fmt::format("/{}", event.length.epochs) : "";
  const std::string batches = event.batches > 0 ? fmt::format("/{}", event.batches) : "";
  line_.show(fmt::format("epoch {}{}  batch {}{}  loss {:.4f}  {:.0f}/s{}", event.epoch, epochs, event.position,
                         batches, loss_, count_ / spent, left >= 0 ? "  left " + clock_text(left) : ""));
}

void ProgressLine::step_figures(const StepFigures& event, Control&) {
  count_ += event.count;
  loss_ = seen_ ? 0.98 * loss_ + 0.02 * event.loss : event.loss;
  seen_ = true;
}

void ProgressLine::validation_begin(const ValidationBegin& event, Control&) {
  line_.show(fmt::format("epoch {}: validation", event.epoch));
}

void ProgressLine::recorded(const Recorded& event, Control&) { line_.leave(text_of(event.record)); }

void ProgressLine::train_end(const TrainEnd&, Control&) { line_.clear(); }

std::string text_of(const Record& record) {
  std::string text = fmt::format("epoch {}  step {}", record.epoch, record.step);
  for (const Figure& figure : record.figures) text += fmt::format("  {} {:.4g}", figure.name, figure.value);
  return text + (record.best ? "  *" : "");
}

}  // namespace grus::training
