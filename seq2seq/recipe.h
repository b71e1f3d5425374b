#pragma once
// What the words in the options of a training stand for.
#include <memory>

#include "optim/optimizer.h"
#include "optim/schedule.h"
#include "seq2seq/options.h"

namespace grus::seq2seq {

/// The optimizer that the options name.
std::unique_ptr<optim::Optimizer> make_optimizer(const TrainOptions& options, const nn::Parameters& parameters);
/// Of a run of `total_steps`, `epoch_steps` an epoch.
optim::Schedule make_schedule(const TrainOptions& options, int64_t total_steps, int64_t epoch_steps);

}  // namespace grus::seq2seq
