#pragma once
// The training loop is one for every architecture.
#include <memory>
#include <optional>

#include "data/loader.h"
#include "optim/schedule.h"
#include "seq2seq/corpora.h"
#include "seq2seq/likelihood.h"
#include "seq2seq/recipe.h"
#include "seq2seq/trainer_observer.h"
#include "seq2seq/training_state.h"

namespace grus::seq2seq {

class Trainer {
 public:
  /// The model, the codecs, the texts and the observer must outlive the trainer. Throws DataError, UsageError.
  Trainer(const TrainOptions& options, Architecture& model, const Codecs& codecs, const Corpora& corpora,
          TrainerObserver& observer);
  Trainer(const TrainOptions& options, Architecture& model, const Codecs& codecs, const Corpora& corpora);

  /// Makes the folder of a new run, and seeds default_rng() from options.seed. An earlier model in --out stays until
  /// this run has saved good weights.
  void start();
  /// Goes on from the folder's state, or from step 0 of a run that was stopped before its first. Throws DataError
  /// for another text than the run began with, UsageError for other batches or another optimizer; the folder
  /// stays as it is then.
  void resume();
  /// Trains to the end, and leaves the best weights in the folder and the model. Returns false when stopped on request,
  /// with everything saved. Throws Error at the first loss, gradient or weight that is not finite; the last good model
  /// stays.
  bool run();

  const Progress& progress() const { return progress_; }

 private:
  struct Figures {
    double loss, bleu;
  };
  struct QueuedStep {
    int64_t number;
    PackedBatch batch;
    RandomKey rng;  // the state of default_rng() before the step
    Tensor nll_sum;
    Tensor norm;  // the norm of the gradients; not finite from the first bad step on
  };
  void seed_draws() const;
  bool run_epoch();
  void train_step(const data::Batch& batch);
  void read_queued();
  [[noreturn]] void find_origin(const QueuedStep& step);
  void require_sound(int64_t step);
  [[noreturn]] void give_up(int64_t step, const std::string& why);
  BatchLoss forward(const PackedBatch& batch);
  void end_epoch();
  Figures validate();
  void keep_if_better(const EpochMetrics& metrics);
  void save();
  void save_weights();
  void save_unjudged();
  void adopt();
  TrainingParts parts() { return {model_.module(), *optimizer_, average_.get()}; }
  void write_metrics() const;
  void show_progress();
  bool done() const;

  const TrainOptions options_;
  Architecture& model_;
  const Codecs& codecs_;
  const data::ReferenceCorpus& valid_;
  data::EncodedCorpus valid_ids_;
  const TextSums texts_;
  const ModelFolder folder_;  // --out
  ModelFolder work_;          // the folder that this run writes to: folder_ or its unfinished()
  bool begun_ = false;
  data::Loader loader_;
  nn::Parameters parameters_;
  std::unique_ptr<optim::Optimizer> optimizer_;
  std::unique_ptr<optim::ExponentialMovingAverage> average_;
  optim::Schedule schedule_;
  Progress progress_;
  TrainerObserver& observer_;
  std::vector<QueuedStep> queued_;        // the steps whose figures are not read yet
  Tensor soundness_ = Tensor::zeros({});  // NaN from the first bad step on
  double last_loss_ = 0, started_ = 0;    // started_: seconds at which this process began the epoch's part
};

}  // namespace grus::seq2seq
