// What a loop is given for sentence pairs: batches, the folder, the log.
#include <fmt/format.h>

#include <algorithm>

#include "core/base/atomic_file.h"
#include "core/base/replaced_model.h"
#include "ops/math/elementwise.h"
#include "seq2seq/protocols/protocol.h"
#include "seq2seq/trainer.h"

namespace grus::seq2seq {
namespace {

data::LoaderOptions loader_options(const TrainOptions& o) {
  data::LoaderOptions options;
  options.batch_tokens = o.batch_sentences > 0 ? 0 : o.batch_tokens;
  options.batch_sentences = o.batch_sentences;
  if (const Protocol* protocol = protocol_of(o); protocol && protocol->random_batches) {
    options.bucket = 0;
    options.drop_last = true;
  }
  options.seed = static_cast<uint64_t>(o.seed);
  options.max_length = o.max_length;
  options.overlong = data::Overlong::skip;
  options.source_marks = source_marks;
  return options;
}

}  // namespace

PairSource::PairSource(const TrainOptions& options, Architecture& model, data::EncodedCorpus corpus,
                       std::vector<data::Links> links, const data::Notice& notice)
    : options_(options),
      model_(model),
      loader_(std::move(corpus), loader_options(options), notice),
      links_(std::move(links)) {}

void PairSource::put(const data::Batch& batch) {
  batch_ = to_device(batch);
  if (const Protocol* protocol = protocol_of(options_)) batch_ = formed_batch(*protocol, std::move(batch_));
  if (is_guided()) batch_.guide = guide_of(links_, batch);
}

int64_t PairSource::all_steps() const {
  const int64_t steps = options_.epochs * epoch_steps();
  return options_.max_steps > 0 ? std::min(options_.max_steps, steps) : steps;
}

bool PairSource::next() {
  const std::optional<data::Batch> batch = loader_.next();
  if (batch) put(*batch);
  return batch.has_value();
}

void PairSource::share(const parallel::Shards& shards) {
  loader_.share(shards);
  taken_.share(shards);
}

bool PairSource::choose(int64_t batch, int64_t shard) {
  const data::Batch* found = taken_.find(batch, shard);
  if (found) put(*found);
  return found != nullptr;
}

training::Loss PairSource::loss() {
  const bool own_words = options_.teacher_forcing < 1;
  const PackedBatch& batch = batch_;
  const Protocol* protocol = protocol_of(options_);
  BatchLoss of = protocol ? protocol_loss(*protocol, model_, batch, options_.teacher_forcing)
                          : loss_of(model_, own_words ? with_own_words(model_, batch, options_.teacher_forcing) : batch,
                                    options_.label_smoothing, options_.guided_alignment_weight);
  const auto tokens = static_cast<double>(batch.labels.numel());
  if (is_guided()) alignment_loss_.update(of.alignment_loss.detach(), batch.labels.numel());
  if (options_.loss_per == LossPer::sentence)
    of.loss = of.loss * (tokens / static_cast<double>(batch.inputs.lengths.batch()));
  return {std::move(of.loss), tokens, std::move(of.nll_sum)};
}

void ModelKeeper::keep_recent(nn::ModuleBase&, int64_t step) {
  if (keep_ > 0) folder_.save_recent(model_, step, keep_);
}

void ModelKeeper::saved(bool judged) {
  if (judged) drop_replaced_model(folder());
}

void ModelKeeper::keep_unjudged(nn::ModuleBase&) {
  if (!replaces_model(folder())) folder_.save_weights(model_);
}

std::string ModelKeeper::what_is_left() const {
  if (replaces_model(folder()))
    return fmt::format("the model from before is still in {}", standing_model(folder()).string());
  return folder_.has_weights() ? fmt::format("the last good weights are in {}", folder_.weights().string())
                               : "no good weights were saved";
}

// Epochs of the log count its lines.
void EpochLog::recorded(const training::Recorded& event, training::Control&) {
  std::string lines;
  int64_t epoch = 0;
  for (const training::Record& record : event.history) {
    EpochMetrics metrics = metrics_of(record);
    metrics.epoch = ++epoch;
    lines += metrics_line(metrics);
  }
  write_file_atomically(keeper_.model_folder().metrics(), lines);
}

}  // namespace grus::seq2seq
