#pragma once
// Training is training::Loop on sentence pairs, for every architecture.
// Sources: trainer.cpp, trainer_parts.cpp.
#include <functional>
#include <memory>

#include "data/pairs/loader.h"
#include "metrics/mean.h"
#include "optim/schedule.h"
#include "seq2seq/corpora.h"
#include "seq2seq/guided_alignment.h"
#include "seq2seq/likelihood.h"
#include "seq2seq/metrics.h"
#include "seq2seq/model_folder.h"
#include "seq2seq/recipe.h"
#include "training/loop.h"
#include "training/taken_shards.h"

namespace grus::seq2seq {

/// Pairs of a loader as a loop's batches; the model and the options must outlive them.
class PairSource : public training::Source {
 public:
  /// The links guide attention; none where it learns alone.
  PairSource(const TrainOptions& options, Architecture& model, data::EncodedCorpus corpus,
             std::vector<data::Links> links, const data::Notice& notice);
  void start(int64_t epoch, int64_t position) override { loader_.start(epoch, position); }
  bool next() override;
  int64_t batches() const override { return loader_.batches(); }
  training::Loss loss() override;
  void share(const parallel::Shards& shards) override;
  int64_t take(int64_t count) override { return taken_.take(loader_, count); }
  bool choose(int64_t batch, int64_t shard) override;
  /// Refers to the batch, or the shard of one, that loss() is of.
  const PackedBatch& batch() const { return batch_; }
  /// Counts the steps of the first epoch, or of the whole run.
  int64_t epoch_steps() const { return static_cast<int64_t>(loader_.plan(0).size()); }
  int64_t all_steps() const;
  bool is_guided() const { return !links_.empty(); }
  /// Returns what alignment costs, as BatchLoss has it: the mean over target tokens since the last judgement.
  metrics::Mean& alignment_loss() { return alignment_loss_; }

 private:
  void put(const data::Batch& batch);
  const TrainOptions& options_;
  Architecture& model_;
  data::Loader loader_;
  training::TakenShards<data::Batch> taken_;
  const std::vector<data::Links> links_;
  metrics::Mean alignment_loss_{"alignment_loss"};
  PackedBatch batch_;
};

/// Keeps a run in a model's folder, and drops the model that stands aside there once its own weights are good.
class ModelKeeper : public training::Keeper {
 public:
  ModelKeeper(const std::filesystem::path& folder, Architecture& model, int64_t keep = 0)
      : model_(model), keep_(keep), folder_(folder) {}
  const ModelFolder& model_folder() const { return folder_; }

  const std::filesystem::path& folder() const override { return folder_.path(); }
  std::filesystem::path state_file() const override { return folder_.state(); }
  void keep_best(nn::ModuleBase&) override { folder_.save_weights(model_); }
  void restore_best(nn::ModuleBase&) override { folder_.load_weights(model_); }
  /// Keeps the weights of the last validations, as last/step-N.safetensors.
  void keep_recent(nn::ModuleBase& model, int64_t step) override;
  void saved(bool judged) override;
  /// Weights that no validation has judged make a new folder fit for use, and never replace an older model.
  void keep_unjudged(nn::ModuleBase& model) override;
  std::string what_is_left() const override;

 private:
  Architecture& model_;
  const int64_t keep_;
  const ModelFolder folder_;  // --out
};

/// Writes metrics.jsonl anew at each record.
class EpochLog : public training::Callback {
 public:
  explicit EpochLog(const ModelKeeper& keeper) : keeper_(keeper) {}
  void recorded(const training::Recorded& event, training::Control& control) override;

 private:
  const ModelKeeper& keeper_;
};

/// What listens to a training; everything may be absent.
struct TrainerHooks {
  std::vector<training::Callback*> callbacks = {};
  std::function<bool()> stop = {};  // true saves the run and ends it before its next step
  data::Notice notice = {};
};

struct Progress {
  int64_t step = 0;
  std::vector<EpochMetrics> epochs;
  int64_t best_epoch = 0;
};

class Trainer {
 public:
  /// The model, the codecs, the texts and the callbacks must outlive the trainer. Throws DataError, UsageError.
  Trainer(const TrainOptions& options, Architecture& model, const Codecs& codecs, const Corpora& corpora,
          const TrainerHooks& hooks = {});
  Trainer(const Trainer&) = delete;
  Trainer& operator=(const Trainer&) = delete;

  /// Makes the folder of a new run, and seeds default_rng() from options.seed. An earlier model in --out stands aside
  /// until this run has saved good weights.
  void start();
  /// Goes on from the folder's state, or from step 0 of a run that was stopped before its first. Throws DataError
  /// for another text than the run began with, UsageError for other batches or another optimizer; the folder
  /// stays as it is then.
  void resume();
  /// Trains to the end, and leaves the best weights in the folder and the model. Returns false when stopped on request,
  /// with everything saved. Throws Error at the first loss, gradient or weight that is not finite; the last good model
  /// stays.
  bool run();

  Progress progress() const;

 private:
  training::FitOptions loop_options(const TrainerHooks& hooks);
  std::vector<training::Figure> validate(parallel::Communicator& ranks) const;
  void begin();

  const TrainOptions options_;
  Architecture& model_;
  const Codecs& codecs_;
  const data::ReferenceCorpus& valid_;
  const data::EncodedCorpus valid_ids_;
  std::vector<data::Links> links_;  // until the source has them
  const TextSums texts_;
  bool begun_ = false;
  ModelKeeper keeper_;
  EpochLog log_;
  PairSource source_;
  std::unique_ptr<optim::Optimizer> optimizer_;
  training::Loop loop_;
};

}  // namespace grus::seq2seq
