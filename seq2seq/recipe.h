#pragma once
// The words in a training's options become an optimizer and a schedule here.
#include <memory>

#include "optim/optimizer.h"
#include "optim/schedule.h"
#include "seq2seq/options.h"

namespace grus::seq2seq {

/// Makes the optimizer that the options name.
std::unique_ptr<optim::Optimizer> make_optimizer(const TrainOptions& options, const nn::Parameters& parameters);
/// Makes the schedule of a run of `total_steps` updates, of which an epoch has `epoch_steps`.
optim::Schedule make_schedule(const TrainOptions& options, int64_t total_steps, int64_t epoch_steps);

}  // namespace grus::seq2seq
