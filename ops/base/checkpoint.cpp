#include "ops/base/checkpoint.h"

#include <utility>

#include "core/base/scope.h"
#include "core/record/record.h"
#include "ops/base/twin.h"

namespace grus {
namespace {

using Tensors = std::vector<Tensor>;
using Function = std::function<Tensors(std::span<const Tensor>)>;

const Op checkpoint_op("checkpoint");

/// A Segment is what a record needs to run its function again. The tape keeps it.
struct Segment {
  Function f;
  Rng* rng;  // generator that f draws from besides default_rng(), or null
  RandomKey default_state, state;
  const char* scope;
  size_t inputs;                // number of f's inputs; the record's other inputs are the leaves that f uses
  std::vector<size_t> outputs;  // places of f's outputs that are the record's; the others carry no gradient
};

/// While a Replay lives, random numbers and scope are as in the segment's first run.
class Replay {
 public:
  explicit Replay(const Segment& segment)
      : rng_(segment.rng),
        default_state_(default_rng().state()),
        state_(rng_ ? rng_->state() : RandomKey{}),
        scope_(std::exchange(current_scope(), segment.scope)) {
    default_rng().set_state(segment.default_state);
    if (rng_) rng_->set_state(segment.state);
  }
  ~Replay() {
    default_rng().set_state(default_state_);
    if (rng_) rng_->set_state(state_);
    current_scope() = scope_;
  }
  Replay(const Replay&) = delete;
  Replay& operator=(const Replay&) = delete;

 private:
  Rng* rng_;
  RandomKey default_state_, state_;
  const char* scope_;
};

/// Runs f and returns the outputs that are the record's.
Tensors recorded_outputs(const Segment& segment, std::span<const Tensor> xs) {
  const Tensors all = segment.f(xs);
  Tensors ys;
  for (const size_t k : segment.outputs) ys.push_back(all[k]);
  return ys;
}

void checkpoint_backward(const void* closure, const Saved& s, Grads& dx) {
  const Segment& segment = **static_cast<const Segment* const*>(closure);
  const Replay replay(segment);
  differentiate_again(dx, s, segment.inputs, [&](std::span<const Tensor> xs) { return recorded_outputs(segment, xs); });
}

/// Returns f's outputs, without records. A tape that keeps nothing finds the leaves and the segment's outputs.
Tensors run_first(Segment& segment, const Tape& outer, const Tensors& inputs, std::vector<Ref<Leaf>>& leaves) {
  Tape probe(Tape::Keep::nothing);
  Tensors xs;
  for (const Tensor& x : inputs) xs.push_back(outer.tracks(x) ? probe.watch(x) : x);
  Tensors ys = segment.f(xs);
  for (size_t k = 0; k < ys.size(); ++k) {
    require<UsageError>(ys[k].defined(), "[checkpoint] need a function that gives tensors, got an undefined output {}",
                        k);
    if (ys[k].node().tape != 0) segment.outputs.push_back(k);
    ys[k] = ys[k].detach();
  }
  leaves = probe.leaves();
  return ys;
}

}  // namespace

Tensors checkpoint(const Function& f, const Tensors& inputs, Rng* rng) {
  require<UsageError>(static_cast<bool>(f), "[checkpoint] need a function, got none");
  Tape* tape = Tape::active();
  if (!tape || Tape::program()) return f(inputs);
  const auto segment = std::make_shared<Segment>(
      Segment{f, rng, default_rng().state(), rng ? rng->state() : RandomKey{}, current_scope(), inputs.size(), {}});
  std::vector<Ref<Leaf>> leaves;
  Tensors ys = run_first(*segment, *tape, inputs, leaves);

  Tensors all = inputs;
  for (const Ref<Leaf>& leaf : leaves) all.push_back(leaf->tensor());
  Tensors outputs;
  for (const size_t k : segment->outputs) outputs.push_back(ys[k]);
  if (outputs.empty()) return ys;
  const std::vector<TensorArg> args(all.begin(), all.end());
  tape->keep(segment);
  const Segment* kept = segment.get();
  tape->push(checkpoint_op, args, outputs, args, checkpoint_backward, &kept, sizeof(kept));
  for (size_t k = 0; k < outputs.size(); ++k) ys[segment->outputs[k]] = outputs[k];
  return ys;
}

Tensor checkpoint(const std::function<Tensor(std::span<const Tensor>)>& f, const Tensors& inputs, Rng* rng) {
  require<UsageError>(static_cast<bool>(f), "[checkpoint] need a function, got none");
  return checkpoint(Function([f](std::span<const Tensor> xs) { return Tensors{f(xs)}; }), inputs, rng)[0];
}

}  // namespace grus
