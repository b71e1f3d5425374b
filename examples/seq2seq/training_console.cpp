#include "examples/seq2seq/training_console.h"

#include <fmt/format.h>

#include <cmath>

namespace grus::seq2seq {

void TrainingConsole::show_progress(const StepProgress& p) {
  line_.show(fmt::format("epoch {}/{}  step {}/{}  loss {:.3f}  perplexity {:.1f}  {:.0f} tokens/s  ETA {}", p.epoch,
                         p.epochs, p.batch, p.batches, p.loss, p.perplexity, p.target_tokens_per_second,
                         clock_text(p.seconds_left)));
}

void TrainingConsole::before_validation(int64_t epoch) { line_.show(fmt::format("epoch {}: validation", epoch)); }

void TrainingConsole::after_epoch(const EpochMetrics& metrics, bool best) {
  fmt::print(
      "epoch {:2}  train loss {:.3f} perplexity {:.2f}  valid loss {:.3f} perplexity {:.2f} BLEU {:.2f}  "
      "{:.0f} tokens/s  {:.0f} s{}\n",
      metrics.epoch, metrics.train_loss, std::exp(metrics.train_loss), metrics.valid_loss, metrics.valid_perplexity,
      metrics.valid_bleu, metrics.target_tokens_per_second, metrics.seconds, best ? "  *" : "");
  std::fflush(stdout);
}

}  // namespace grus::seq2seq
