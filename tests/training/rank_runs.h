#pragma once
// Trainings of a small classifier by one rank alone and by several.
#include <string>
#include <utility>
#include <vector>

#include "data/batch/batches.h"
#include "tests/parallel/thread_ranks.h"
#include "tests/training/small_run.h"

namespace grus::test {

/// Returns batches of vectors of 3 and their class.
data::Batches<std::pair<Tensor, Tensor>> batches_of(int64_t size, int64_t count = 50);

struct Outcome {
  std::string weights;
  std::vector<double> figures;
  training::FitResult result;
};
/// One rank's training.
Outcome train(training::FitOptions options, parallel::Communicator* ranks, int64_t batch_size = 14);
Outcome alone(const training::FitOptions& options, int64_t batch_size = 14);
/// Checks that all ranks give the same, and returns it.
Outcome on_ranks(int size, const training::FitOptions& options, int64_t batch_size = 14);

}  // namespace grus::test
