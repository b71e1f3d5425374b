// fit() beside a loop by hand: what a step asks for more.
#include "training/fit.h"

#include <doctest/doctest.h>

#include "ops/base/twin.h"
#include "tests/cost/counted.h"
#include "tests/cost/translator.h"
#include "tests/support/skip.h"

using namespace grus;
using namespace grus::bench;

namespace {

// One batch, given out without end.
struct Endless {
  void start(int64_t, int64_t) {}
  std::optional<int> next() { return 0; }
  int64_t batches() const { return -1; }
};

void run_fit(int64_t steps) {
  Translator t;
  Endless batches;
  const auto loss = [&](int) { return t.model(t.s, t.inputs, t.targets.ids); };
  training::fit(t.model, t.adam, batches, loss, {.steps = steps, .clip = 1, .quiet = true});
}

/// Returns the kernel calls of a run of so many steps, and its heap requests without an observer.
Cost cost_of_fit(int64_t steps) {
  const test::Threads alone(1);
  Cost cost;
  {
    const KernelObserverScope scope(cost);
    run_fit(steps);
  }
  const int64_t heap = heap_requests;
  run_fit(steps);
  cost.heap = heap_requests - heap;
  return cost;
}

}  // namespace

TEST_CASE("cost: a step of fit asks for three small kernel calls more than the same loop by hand, below 1 %") {
  if (!fused_kernels_wanted()) return test::skip("limits are those of fused kernels");
  Translator t;
  const nn::Parameters parameters = t.model.named_parameters();
  const Cost by_hand = cost_of([&] {
    t.adam.zero_grad();
    Tape tape;
    tape.backward(t.model(t.s, t.inputs, t.targets.ids));
    t.adam.step(optim::clip_scale(optim::grad_norm(parameters), 1.0));
  });
  constexpr int64_t steps = 32;  // as many as are read with one wait
  const Cost shorter = cost_of_fit(1), longer = cost_of_fit(1 + steps);
  CAPTURE(text(by_hand));
  CAPTURE(longer.calls - shorter.calls);
  CAPTURE(longer.heap - shorter.heap);
  const auto calls = static_cast<double>(longer.calls - shorter.calls) / steps;
  CHECK(calls <= 1.01 * static_cast<double>(by_hand.calls));
  CHECK(longer.heap - shorter.heap <= steps * (by_hand.heap + 20));
}
