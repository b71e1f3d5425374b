// Guards of speed without a clock compare what a training step and a step of decoding ask for with stated limits. A
// limit is the count when it was written, plus what another compiler or library may add; a count that must not change
// has none to spare. When a change lowers a count, its limit is lowered too.
#include <doctest/doctest.h>

#include "core/tape/tape.h"
#include "nn/gru.h"
#include "ops/base/twin.h"
#include "ops/math/elementwise.h"
#include "ops/math/matmul.h"
#include "ops/math/reduce.h"
#include "ops/math/shape.h"
#include "tests/cost/counted.h"
#include "tests/cost/translator.h"
#include "tests/support/skip.h"

using namespace grus;
using namespace grus::bench;

TEST_CASE("cost: a training step of a translator keeps to its kernel calls, products, packings and memory") {
  if (!fused_kernels_wanted()) return test::skip("limits are those of fused kernels");
  Translator t;
  const Cost cost = cost_of([&] { t.train(); });
  CAPTURE(text(cost));
  CHECK(cost.calls <= 385);
  CHECK(cost.product_flops / t.flops() <= 1.0);  // nothing is computed for padding
  CHECK(cost.packings <= 22);
  CHECK(cost.backend_allocations <= 9);  // large ones are of the backend's heap
  CHECK(cost.peak <= 1'810'000);
  CHECK(cost.heap <= 200);
}

TEST_CASE("cost: a step of decoding packs no weight and asks the backend for no memory") {
  if (!fused_kernels_wanted()) return test::skip("limits are those of fused kernels");
  const NoGrad unrecorded;
  Translator t;
  t.model.eval();
  const PeerModel::Encoded encoded = t.model.encode(t.s);
  std::vector<int64_t> columns;
  for (int64_t i = 0; i < t.batch; ++i) columns.push_back(i);
  const AttentionRows rows = attention_rows(encoded.memory.lengths, columns);
  const AttentionGruWeights decoder = t.model.decoder();
  const Tensor word = Tensor::from(std::vector<int32_t>(static_cast<size_t>(t.batch), SOS));
  const Cost cost = cost_of([&] {
    const Tensor e = t.model.target_embedding(word);
    const Output out = attention_gru_step(e, encoded.h, encoded.memory, rows, decoder);
    argmax(t.model.output(concat({out.y, out.attention.context, e}, 1)), {1});
  });
  CAPTURE(text(cost));
  CHECK(cost.calls <= 15);
  CHECK(cost.packings == 0);
  CHECK(cost.backend_allocations == 0);
  CHECK(cost.heap <= 8);
}

TEST_CASE("cost: a recorded addition is one kernel call forward, one backward, and asks the heap for nothing") {
  const Ref<Leaf> x = Leaf::create(Tensor::ones({1}, DType::f32));
  const Cost cost = cost_of([&] {
    x->zero_grad();
    Tape tape;
    Tensor y = x->tensor();
    for (int i = 0; i < 1000; ++i) y = y + x->tensor();
    tape.backward(y);
  });
  CAPTURE(text(cost));
  CHECK(cost.calls <= 2001);
  CHECK(cost.backend_allocations == 0);
  CHECK(cost.heap <= 50);
}

TEST_CASE("cost: a GRU asks a device whose calls are launches for one a time step, forward and backward") {
  constexpr int64_t steps = 7;
  const Device device("reference");
  Rng rng(1);
  nn::Gru gru({.input = 3, .hidden = 4}, rng);
  gru.to(device);
  const Ref<Leaf> x = Leaf::create(Tensor::zeros({steps, 2, 3}, DType::f32, device));
  const Cost cost = cost_of([&] {
    Tape tape;
    tape.backward(sum(gru(x->tensor()).y));
  });
  CHECK_MESSAGE(cost.of.at("gru_step") == steps, text(cost));
  CHECK_MESSAGE(cost.of.at("gru_step_backward") == steps, text(cost));
  CHECK_MESSAGE(cost.of.at("gemm") == 4, text(cost));  // gates' inputs, and the gradients of x and both weights
  CHECK_MESSAGE(!cost.of.contains("gru_gates"), text(cost));
}

TEST_CASE("cost: a step of Adam is one kernel call a parameter and asks the heap for nothing") {
  if (!fused_kernels_wanted()) return test::skip("limits are those of fused kernels");
  nn::Parameters parameters;
  for (const char* name : {"a", "b", "c"}) parameters.push_back({name, nn::Parameter(Tensor::ones({8}))});
  for (const auto& [name, parameter] : parameters) parameter.leaf().set_grad(Tensor::ones({8}));
  optim::Adam adam(parameters);
  const Cost fused = cost_of([&] { adam.step(0.5); });
  CAPTURE(text(fused));
  CHECK(fused.of.at("adam_step") == 3);
  CHECK(fused.calls == 3);
  CHECK(fused.heap == 0);
  adam.set_fused(false);
  const Cost composed = cost_of([&] { adam.step(0.5); });
  CAPTURE(text(composed));
  CHECK(!composed.of.contains("adam_step"));
  CHECK(composed.of.at("binary") <= 3 * 13);
}
