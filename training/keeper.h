#pragma once
// Where a run leaves its weights and its state.
#include <filesystem>
#include <string>

#include "nn/module.h"

namespace grus::training {

/// A loop tells its keeper what is to be kept; the model has the weights to keep (averaged ones, where the run
/// averages) when a function gets it.
class Keeper {
 public:
  virtual ~Keeper() = default;
  /// Returns the folder of the run's files; empty where it has none.
  virtual const std::filesystem::path& folder() const = 0;
  /// Returns the state's file; empty where no state is kept.
  virtual std::filesystem::path state_file() const = 0;
  virtual void keep_best(nn::ModuleBase& model) = 0;
  virtual void restore_best(nn::ModuleBase& model) = 0;
  /// The model was judged at this step.
  virtual void keep_recent(nn::ModuleBase&, int64_t /*step*/) {}
  /// Puts the mean of the weights of the last judgements into the model; returns false where they are not averaged.
  virtual bool load_last_average(nn::ModuleBase&) { return false; }
  /// The state is saved: what only an older one needs may go. `judged` says whether there is a best record.
  virtual void saved(bool /*judged*/) {}
  /// The run ends or is stopped before its first judgement.
  virtual void keep_unjudged(nn::ModuleBase&) {}
  /// Returns where good weights are, for the message of a run that failed.
  virtual std::string what_is_left() const = 0;
};

}  // namespace grus::training
