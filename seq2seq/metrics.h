#pragma once
// EpochMetrics are what training measures of a model.
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "training/callback.h"

namespace grus::seq2seq {

inline constexpr double not_measured = std::numeric_limits<double>::quiet_NaN();

/// One line of metrics.jsonl. Losses are mean nats a target token; BLEU and chrF go from 0 to 100, chrF, the
/// loss of guided alignment and the loss scale stand in the file only where they were measured. `epoch` counts
/// validations.
struct EpochMetrics {
  int64_t epoch = 0, step = 0;
  double train_loss = not_measured, valid_loss = not_measured, valid_perplexity = not_measured;
  double valid_bleu = not_measured, valid_chrf = not_measured;
  double train_alignment_loss = not_measured;
  double loss_scale = not_measured, skipped_steps = not_measured;  // of a run that scales its loss
  double target_tokens_per_second = not_measured, seconds = not_measured;
};

/// Returns the names in a list as "bleu,chrf,perplexity". Throws UsageError "--metrics: need ..., got ..." for others,
/// for one that stands twice, and for none.
std::vector<std::string> metric_names(std::string_view list);

/// Returns the metrics of a run's record, whose figures bear the names of the members.
EpochMetrics metrics_of(const training::Record& record);

/// Returns one line of metrics.jsonl, with its checksum.
std::string metrics_line(const EpochMetrics& metrics);
/// Reads line `number` of the file `name`, the metrics of epoch `number`. Throws DataError that names both.
EpochMetrics parse_metrics_line(const std::string& line, const std::string& name, int64_t number);

}  // namespace grus::seq2seq
