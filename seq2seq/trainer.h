#pragma once
// The training loop, the same for every architecture.
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
  /// The model, the codecs, the validation text and the observer must outlive it. Throws DataError, UsageError.
  Trainer(const TrainOptions& options, Architecture& model, const Codecs& codecs, const Corpora& corpora,
          TrainerObserver& observer);
  Trainer(const TrainOptions& options, Architecture& model, const Codecs& codecs, const Corpora& corpora);

  /// Makes the folder of a new run. What stands in --out stays until this run has saved good weights.
  void start();
  /// Goes on from the folder's state, or from step 0 of a run that was stopped before its first one. Throws DataError
  /// for another text than the run began with, UsageError for other batches or another optimizer; the folder is as it
  /// was then.
  void resume();
  /// Trains to the end, and leaves the best weights in the folder and the model. False: stopped on request, with all
  /// saved. Throws Error at the first loss, gradient or weight that is not finite; the last good model stays.
  bool run();

  const Progress& progress() const { return progress_; }

 private:
  struct Figures {
    double loss, bleu;
  };
  struct QueuedStep {
    int64_t number;
    PackedBatch batch;
    RandomKey rng;  // as it was before the step
    Tensor nll_sum;
    Tensor norm;  // of the gradients; not finite from the first bad step on
  };
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
  ModelFolder work_;          // where this run writes: folder_ or its unfinished()
  bool begun_ = false;
  data::Loader loader_;
  nn::Parameters parameters_;
  std::unique_ptr<optim::Optimizer> optimizer_;
  std::unique_ptr<optim::ExponentialMovingAverage> average_;
  optim::Schedule schedule_;
  Progress progress_;
  TrainerObserver& observer_;
  std::vector<QueuedStep> queued_;        // whose figures nobody has read
  Tensor soundness_ = Tensor::zeros({});  // NaN from the first bad step on
  double last_loss_ = 0, started_ = 0;    // seconds, of this epoch's part in this process
};

}  // namespace grus::seq2seq
