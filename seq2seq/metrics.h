#pragma once
// EpochMetrics are what training measures of a model.
#include <cstdint>
#include <limits>

namespace grus::seq2seq {

inline constexpr double not_measured = std::numeric_limits<double>::quiet_NaN();

/// One line of metrics.jsonl. Losses are mean nats a target token; BLEU goes from 0 to 100.
struct EpochMetrics {
  int64_t epoch = 0, step = 0;
  double train_loss = not_measured, valid_loss = not_measured, valid_perplexity = not_measured;
  double valid_bleu = not_measured, target_tokens_per_second = not_measured, seconds = not_measured;
};

}  // namespace grus::seq2seq
