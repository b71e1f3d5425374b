#pragma once
// How far a run is.
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "optim/loss_scale.h"
#include "training/callback.h"

namespace grus::training {

/// Sums over the steps since the last record.
struct StepSums {
  double loss = 0, count = 0, training_seconds = 0, seconds = 0;
  int64_t skipped = 0;
};

struct Progress {
  int64_t epoch = 1;     // the epoch that runs, from 1
  int64_t position = 0;  // batches of it that are done
  int64_t batches = -1;  // of it; -1: not known
  int64_t step = 0;
  int64_t shards = 0;  // that each step is cut into; 0: none
  StepSums sums;
  History history;
  int64_t best = 0, since_best = 0;  // the number of the best record, from 1, and of those after it; 0: none
  double rate_factor = 1;
  std::optional<optim::LossScale> loss_scale;
  bool finished = false;
  std::string ended;    // why a callback ended the run
  std::string machine;  // the CPU, kernels and threads of the last step, or ""
};

/// What a run is, in few words each: another one does not go on with its state.
using Identity = std::vector<std::pair<std::string, std::string>>;

}  // namespace grus::training
