#pragma once
#include "optim/adam.h"

namespace grus::seq2seq {

/// Adam of gradients each of which is limited by its own norm: g *= min(1, limit / |g|), a tensor at a time.
class ClippedAdam final : public optim::Adam {
 public:
  ClippedAdam(const nn::Parameters& parameters, const optim::AdamOptions& options, double limit)
      : Adam(parameters, options), limit_(limit) {}

 protected:
  void update(optim::ParameterUpdate& p) override;
  bool update_fused(optim::FusedUpdate& p) override;

 private:
  const double limit_;
};

}  // namespace grus::seq2seq
