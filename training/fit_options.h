#pragma once
// What a run of fit() is asked for, and what it gives back.
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "core/device/precision.h"
#include "metrics/metric.h"
#include "optim/loss_scale.h"
#include "optim/schedule.h"
#include "parallel/communicator.h"
#include "training/callback.h"

namespace grus::training {

/// What a loss function returns for a batch; a Tensor () becomes one with a count of 1.
struct Loss {
  Loss(Tensor loss, double count = 1, Tensor sum = {}) : loss(std::move(loss)), sum(std::move(sum)), count(count) {}
  /// Throws UsageError, ShapeError unless loss and sum are one element each, and the count is above 0.
  void require_usable() const;
  Tensor loss;   // () what training minimises
  Tensor sum;    // () what means of figures add up; loss * count where it is undefined
  double count;  // examples or tokens of which the loss is the mean, above 0
};

/// A Validation measures the model, which is in evaluation, has its averaged weights and records nothing.
struct Validation {
  std::function<std::vector<Figure>()> measure = {};
  std::vector<std::string> names = {};  // of the figures, where they are known before the first time
  // Measures on all ranks together, each with a part of the batches; the leader's figures count. Where it is absent,
  // the leader measures alone.
  std::function<std::vector<Figure>(parallel::Communicator&)> measure_on_ranks = {};
};

/// A rule freezes the parameters whose names match a pattern with `*` and `?`, or trains them again, from an epoch and
/// a step on (both count from 1). Where several rules are in force for a name, the last one decides.
struct FreezeRule {
  std::string pattern;
  bool frozen = true;
  int64_t from_epoch = 1, from_step = 1;
};

/// A step is one update of the weights. Every option below holds for a resumed run as well.
struct FitOptions {
  // The length; 0 is no limit, and one of both must be given.
  int64_t epochs = 0, steps = 0;

  // Batches of one update. They weigh by their counts, as in one large batch; an epoch's last update may have fewer.
  int64_t accumulate = 1;
  // Parts that each of a step's batches is cut into; they draw numbers of their own and are added along one tree, so
  // that any number of ranks up to it gives the same bits. 0: none on one rank, 8 on several; a resumed run keeps its
  // number.
  int64_t shards = 0;
  parallel::Reduce reduce = parallel::Reduce::tree;  // fast: in whatever order MPI likes, other bits for other ranks
  parallel::Wire wire = parallel::Wire::f32;         // bf16: half of the traffic, other bits than one rank's
  bool shard_optimizer = false;  // each rank updates a part of the weights, and keeps its state alone
  double bucket_mb = 4;          // of gradients that ranks send at a time
  // What a step keeps between forward and backward: f32, or bf16 or f16, in half the memory (ActivationScope).
  Precision activations = Precision::f32;
  // The loss is scaled, so that gradients do not become 0 in f16. A step whose gradients overflow is skipped: it is
  // none, leaves weights, optimizer, schedule, averages and metrics as they are, and is counted in the figures
  // "loss_scale" and "skipped_steps". Each step then waits for the device.
  std::optional<optim::LossScaleOptions> loss_scale = {};
  double clip = 0;                // the largest norm of all gradients together; 0: no limit
  optim::Schedule schedule = {};  // the factor of all rates at update 0, 1, ...; fit() sets the optimizer's factor
  std::optional<optim::PlateauOptions> plateau = {};  // a further factor, which falls by the watched figure
  double average = 0;  // the decay of an average of the weights, which is judged and kept; 0: none
  std::vector<FreezeRule> freeze = {};

  // The model is judged at every epoch's end, or every N steps.
  Validation validation = {};
  int64_t validate_every = 0;
  std::vector<metrics::Metric*> metrics = {};  // that the loss function updates: figures "train_NAME"
  // The figure by which weights are the best; without a name the first one of the validation. Where there is none, the
  // newest weights are kept.
  std::string watch = "";
  bool newest = false;   // the newest weights are kept, whatever the figures say
  int64_t patience = 0;  // judgements without a better figure that end the training; 0: it goes on
  double margin = 0;     // a figure is better when it beats the best by more than this

  // The folder of this run: model.safetensors (the best weights), state.safetensors, metrics.jsonl. Without one the
  // best weights are kept in memory.
  std::filesystem::path out = {};
  bool resume = false;        // goes on from the folder's state, rates included, or begins where there is none
  bool overwrite = false;     // begins anew in the folder of another run
  int64_t save_every = 0;     // steps; the state is saved at each judgement anyway
  int64_t keep_last = 0;      // weights of so many last judgements are kept, as last/step-N.safetensors
  bool average_last = false;  // leaves the mean of these as average.safetensors, and judges it

  std::optional<uint64_t> seed = {};  // of default_rng() at the beginning; without one it stays as it is
  std::function<bool()> stop = {};    // asked before each step; true saves the run and ends it: stop_requested
  // The ranks that train together, and what they must have alike by name; null: parallel::world(). Rank 0 alone writes,
  // prints, validates and tells the callbacks that are not on_every_rank().
  parallel::Communicator* ranks = nullptr;
  std::vector<std::pair<std::string, std::string>> alike = {};
  bool quiet = false;  // shows no line of progress on a terminal
  std::vector<Callback*> callbacks = {};
};

/// Returns the options. Throws UsageError for one out of range, and for a figure that nobody measures.
FitOptions checked(FitOptions options);

/// How a run ended. A finished one leaves the best weights in the model, which is in evaluation then.
struct FitResult {
  bool finished = false;  // false: stopped on request, to be resumed
  std::string why;        // "epochs", "steps", "patience", "stop", or what a callback said
  int64_t epoch = 0, step = 0;
  History history;
  int64_t best = -1;                 // the best record's place in the history
  std::vector<Figure> last_average;  // figures of the average of the last weights
  /// Returns the best record. Throws UsageError where there is none.
  const Record& best_record() const;
};

}  // namespace grus::training
