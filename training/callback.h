#pragma once
// A callback hears what a run of fit() does, may stop it and may change its rate. Hooks are called on the run's thread
// in the order of the callbacks; one that throws ends the run, whose last saved state stays.
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "nn/parameter.h"

namespace grus::nn {
class ModuleBase;
}

namespace grus::training {

/// A Figure is a number that says how good the model is: "train_loss", "valid_loss", "valid_accuracy", ...
struct Figure {
  std::string name;
  double value = 0;
  bool larger_is_better = false;
};

/// A Record is made where a run judges its model: at every epoch's end or every N steps, and at the end. Figures of
/// training are of the steps since the record before; those of validation follow them.
struct Record {
  int64_t epoch = 0, step = 0;  // counted from 1, as everywhere in events; steps are updates of the weights
  std::vector<Figure> figures = {};
  bool best = false;         // whether its weights were the best until then
  double learning_rate = 0;  // of the first group, in force at the last step
  double count = 0;          // examples or tokens behind train_loss
  // Time since the record before, with and without validation: of the clock, and so no part of an exact resume.
  double seconds = 0, training_seconds = 0;
  /// Returns the figure of this name, or null.
  const Figure* find(std::string_view name) const;
};
using History = std::vector<Record>;

/// How long a run is to be; 0 is no limit.
struct Length {
  int64_t epochs = 0, steps = 0;
};

struct TrainBegin {
  const nn::ModuleBase& model;
  const std::filesystem::path& folder;  // of the run's files; it exists, and is empty where the run has none
  Length length;
  int64_t epoch, step;     // where the run begins: step 0 unless it is resumed
  const History& history;  // the records of the part that was done before
};
struct EpochBegin {
  int64_t epoch, step;
  int64_t position, batches;  // batches done and all batches of this epoch; batches is -1 where nobody knows
};
struct StepBegin {
  int64_t epoch, step;
};
/// A part of the step's batches comes next, of so many that its batches are cut into (FitOptions::shards).
struct ShardBegin {
  int64_t epoch, step, shard, shards;
};
/// The parameters have the gradients of the step's last batch (of all its batches, added up; of the shard's, where
/// there are shards), and the tape still exists.
struct BackwardEnd {
  const nn::ModuleBase& model;
  int64_t epoch, step;
  double loss_scale;  // by which the gradients are too large; 1 without FitOptions::loss_scale
};
/// The gradients overflowed: the weights stay, and the next step has the same number. Nothing else is told of it.
struct StepSkipped {
  int64_t epoch, step, position;
  double loss_scale, next_loss_scale;
  int64_t skipped, in_a_row;  // steps so far, and since the last update
};
/// The update is queued on the device; nobody has waited for its figures.
struct StepEnd {
  int64_t epoch, step, position, batches;
  Length length;
};
/// The figures of one step, which come a few steps late: several are read with one wait for the device.
struct StepFigures {
  int64_t epoch, step;
  double loss;           // the mean over the step's examples
  double count;          // by which the loss weighs in an epoch's mean: tokens, examples, 1
  double grad_norm;      // before clipping
  double learning_rate;  // of the first group
};
struct ValidationBegin {
  int64_t epoch, step;
};
struct ValidationEnd {
  int64_t epoch, step;
  const std::vector<Figure>& figures;
};
/// The record is the history's last. Its weights are kept where they are the best; the state is saved next.
struct Recorded {
  const nn::ModuleBase& model;
  const Record& record;
  const History& history;
};
struct EpochEnd {
  int64_t epoch, step;
  const History& history;
};
/// `error` is what ends the run, or "". A run that was stopped on request is not finished: it can be resumed.
struct TrainEnd {
  const nn::ModuleBase& model;
  const History& history;
  int64_t epoch, step;
  bool finished;
  const std::string& error;
};

/// What a callback may do to its run.
class Control {
 public:
  virtual ~Control() = default;
  /// Ends the training behind this step, as if it had reached its length: the model is judged, and the best restored.
  virtual void stop(const std::string& why) = 0;
  /// Sets a factor of all learning rates beside those of schedule and plateau; it is saved. Throws UsageError unless it
  /// is finite and at least 0.
  virtual void set_rate_factor(double factor) = 0;
  virtual double rate_factor() const = 0;
  /// Reads the figures of all queued steps now, which waits for the device: step_figures() is called for each.
  virtual void read_figures() = 0;
};

/// Every hook does nothing unless it is overridden. A run calls, with (...)* for what repeats:
///   train_begin (epoch_begin (step_begin (shard_begin)? backward_end (step_end step_figures* | step_skipped))*
///   epoch_end)* train_end
/// and, where it judges the model: validation_begin validation_end recorded. A run that fails tells train_end once to
/// each whose train_begin returned, and to no other.
class Callback {
 public:
  virtual ~Callback() = default;

  virtual void train_begin(const TrainBegin&, Control&) {}
  virtual void epoch_begin(const EpochBegin&, Control&) {}
  virtual void step_begin(const StepBegin&, Control&) {}
  virtual void shard_begin(const ShardBegin&, Control&) {}
  virtual void backward_end(const BackwardEnd&, Control&) {}
  virtual void step_end(const StepEnd&, Control&) {}
  virtual void step_skipped(const StepSkipped&, Control&) {}
  virtual void step_figures(const StepFigures&, Control&) {}
  virtual void validation_begin(const ValidationBegin&, Control&) {}
  virtual void validation_end(const ValidationEnd&, Control&) {}
  virtual void recorded(const Recorded&, Control&) {}
  virtual void epoch_end(const EpochEnd&, Control&) {}
  virtual void train_end(const TrainEnd&, Control&) {}

  /// Says whether all ranks have this callback, as one whose state the loss needs. Others are told on rank 0 alone.
  virtual bool on_every_rank() const { return false; }
  /// The name by which the state is saved, one of its own in a run; "" has no state.
  virtual std::string name() const { return ""; }
  /// Returns what an exact resume needs. It is saved with the run's state, behind a step_end or an epoch_end.
  virtual nn::NamedTensors state() const { return {}; }
  /// Takes the saved state before train_begin; it is not called where the state has none of this name.
  virtual void load_state(const nn::NamedTensors&) {}
};

}  // namespace grus::training
