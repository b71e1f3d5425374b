#pragma once
// The parameters of an optimizer, dealt out among ranks: each updates its own, and keeps the state of these alone
// (Rajbhandari et al. 2020, ZeRO stage 1). All gradients are everywhere, so that a step has the bits of one rank's.
#include <vector>

#include "optim/average.h"
#include "optim/optimizer.h"
#include "parallel/communicator.h"

namespace grus::training {

/// Returns the rank of each parameter: the largest first, each to the rank with the fewest numbers so far.
std::vector<int> owners_of(const nn::Parameters& parameters, int ranks);

class OptimizerShards {
 public:
  /// The optimizer steps its share from here on. Throws as Optimizer::share.
  OptimizerShards(optim::Optimizer& optimizer, parallel::Communicator& ranks);
  /// Behind a step: gives all ranks each other's weights, and averages where there is one.
  void gather_values();
  /// Returns the whole state on the leader, in the optimizer's order; others get their own part.
  nn::NamedTensors gather_state() const;

 private:
  std::vector<Tensor> values_of(int rank) const;
  optim::Optimizer& optimizer_;
  parallel::Communicator& ranks_;
  const nn::Parameters parameters_;
  const std::vector<int> owners_;
};

}  // namespace grus::training
