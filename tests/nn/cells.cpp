// Layers of anybody's cell, and the cells of nn in `scan`.
#include <doctest/doctest.h>

#include "nn/gru.h"
#include "nn/linear.h"
#include "nn/lstm.h"
#include "nn/recurrent.h"
#include "nn/rnn.h"
#include "ops/gradcheck.h"
#include "ops/math/dropout.h"
#include "ops/math/elementwise.h"
#include "ops/math/reduce.h"
#include "ops/math/shape.h"
#include "ops/sequence/sequence.h"
#include "tests/support/golden.h"
#include "tests/support/tensors.h"

using namespace grus;
using namespace grus::nn;
using test::difference;

namespace {

/// A whole module that is a cell: the minimal gated unit (Zhou et al. 2016).
class MinimalGatedUnit : public Module<MinimalGatedUnit>, public grus::Cell {
 public:
  MinimalGatedUnit(int64_t input, int64_t hidden, Rng& rng)
      : forget(child("forget", Linear(input + hidden, hidden, rng))),
        candidate(child("candidate", Linear(input + hidden, hidden, rng))) {}
  std::vector<int64_t> sizes() const override { return {forget.weight.dim(0)}; }
  Output step(const Tensor& x, const State& state) const override {
    const Tensor f = sigmoid(forget(concat({x, state.h}, 1)));
    const Tensor n = tanh(candidate(concat({x, f * state.h}, 1)));
    return (1.0 - f) * state.h + f * n;
  }
  Linear forget, candidate;
};

using Layers = Recurrent<MinimalGatedUnit>;

}  // namespace

TEST_CASE("recurrent: parameters of somebody's cells are named by layer and direction, and a clone has its own") {
  Rng rng(1);
  Layers layers({.input = 3, .hidden = 4, .layers = 2, .bidirectional = true}, rng);
  std::vector<std::string> names;
  for (const auto& p : layers.named_parameters()) names.push_back(p.name);
  REQUIRE(names.size() == 16);
  CHECK(names[0] == "l0.forget.weight");
  CHECK(names[4] == "l0_reverse.forget.weight");
  CHECK(names[11] == "l1.candidate.bias");
  CHECK(layers.cell(1, 1).forget.weight.shape() == Shape{4, 12});
  Layers copy = layers.clone();
  const Tensor x = test::normal({5, 2, 3}, 1);
  const Tensor before = layers(x).y;
  CHECK(difference(copy(x).y, before) == 0);
  copy.cell(0).forget.weight.assign(Tensor::zeros({4, 7}));
  CHECK(difference(layers(x).y, before) == 0);
  CHECK(difference(copy(x).y, before) > 0);
  CHECK_THROWS_WITH_AS(layers.cell(2), "[Recurrent] need a layer in [0, 2) and a direction in [0, 2), got 2 and 0",
                       UsageError);
}

TEST_CASE("recurrent: layers of somebody's cell take what Gru takes: batch_first, one sequence, lengths, packed rows") {
  Rng a(7), b(7);
  const RecurrentOptions options{.input = 3, .hidden = 4, .layers = 2, .bidirectional = true};
  RecurrentOptions turned = options;
  turned.batch_first = true;
  const Layers steps_first(options, a), batch_first(turned, b);
  const Tensor x = test::normal({5, 2, 3}, 1), h0 = test::normal({4, 2, 4}, 2);
  const Output out = steps_first(x, h0);
  CHECK(out.y.shape() == Shape{5, 2, 8});
  CHECK(out.state.h.shape() == Shape{4, 2, 4});
  CHECK(difference(transpose(batch_first(transpose(x, 0, 1), h0).y, 0, 1), out.y) == 0);
  const Output one = steps_first(slice(x, 1, 0, 1).reshape({5, 3}), slice(h0, 1, 0, 1).reshape({4, 4}));
  CHECK(one.y.shape() == Shape{5, 8});
  CHECK(difference(one.state.h, slice(out.state.h, 1, 0, 1).reshape({4, 4})) < 1e-6);
  const Lengths lengths({2, 5});
  const Output ragged = steps_first(x, lengths), packed = steps_first.forward_packed(pack(x, lengths), lengths);
  CHECK(difference(pack(ragged.y, lengths), packed.y) == 0);
  CHECK(difference(ragged.state.h, packed.state.h) == 0);
  CHECK(difference(slice(ragged.y, 1, 0, 1).rows(2, 5), Tensor::zeros({3, 1, 8})) == 0);
  CHECK_THROWS_WITH_AS(steps_first(x, test::normal({4, 3, 4}, 1)),
                       "[Recurrent] need h0 (4, 2, 4): layers * directions, batch, hidden, got (4, 3, 4)", ShapeError);
  CHECK_THROWS_WITH_AS(steps_first(x, State(h0, h0)), "[Recurrent] need a first state of 1 tensors, got c0 as well",
                       UsageError);
}

TEST_CASE("recurrent: gradients of two layers of somebody's cell in both directions pass a check, of every parameter") {
  Rng rng(1);
  Layers layers({.input = 2, .hidden = 3, .layers = 2, .bidirectional = true}, rng);
  layers.to(DType::f64);
  const Lengths lengths({3, 1});
  const Tensor x = test::normal({3, 2, 2}, 1, DType::f64), h0 = test::normal({4, 2, 3}, 2, DType::f64);
  gradcheck(TensorsFunction([&](std::span<const Tensor> in) {
              const Output out = layers(in[0], lengths, in[1]);
              return std::vector<Tensor>{out.y, out.state.h};
            }),
            {x, h0});
  Tape tape;
  tape.backward(sum(square(layers(x, lengths, h0).y)));
  for (const NamedParameter& p : layers.named_parameters()) {
    CAPTURE(p.name);
    CHECK(sum(abs(p.parameter.grad())).item() > 0);
  }
}

TEST_CASE("cells: in scan the modules GruCell and LstmCell give what layers of them give, by the same fused loop") {
  Rng a(3), b(3), c(4), d(4);
  const GruCell gru_cell({.input = 3, .hidden = 4}, a);
  const Gru gru({.input = 3, .hidden = 4}, b);
  const LstmCell lstm_cell({.input = 3, .hidden = 4}, c);
  const Lstm lstm({.input = 3, .hidden = 4}, d);
  const Tensor x = test::normal({5, 3, 3}, 1);
  const Lengths lengths({2, 5, 1});
  CHECK(difference(scan(gru_cell, x, lengths).y, gru(x, lengths).y) == 0);
  const Output memory = scan(lstm_cell, x, lengths), layer = lstm(x, lengths);
  CHECK(difference(memory.y, layer.y) == 0);
  CHECK(difference(memory.state.c, layer.state.c[0]) == 0);
  CHECK_THROWS_WITH_AS(scan(gru_cell, x, lengths, State(test::normal({3, 4}, 1), test::normal({3, 4}, 2))).y,
                       "[gru] need a state of 1 tensors, got c as well", UsageError);
  Recurrent<GruCell> stack({.input = 3, .hidden = 4, .layers = 2}, [](int64_t input) {
    return GruCell({.input = input, .hidden = 4, .reset = Reset::before});
  });
  CHECK(stack(x, lengths).y.shape() == Shape{5, 3, 4});
  CHECK(stack.named_parameters()[5].name == "l1.weight_hh");
}

TEST_CASE("recurrent: with checkpoint every layer gives the gradients that it gives without") {
  const auto check = [](auto make) {
    auto plain = make(0), often = make(2);
    const auto from = plain.named_parameters(), to = often.named_parameters();
    for (size_t i = 0; i < from.size(); ++i) to[i].parameter.assign(from[i].parameter.value());
    plain.to(DType::f64), often.to(DType::f64);
    const Tensor x = test::normal({5, 3, 2}, 1, DType::f64);
    const Lengths lengths({2, 5, 1});
    for (auto* layers : {&plain, &often}) {
      manual_seed(9);
      Tape tape;
      tape.backward(sum(square((*layers)(x, lengths).y)));
    }
    for (size_t i = 0; i < from.size(); ++i) {
      CAPTURE(from[i].name);
      const Tensor a = plain.named_parameters()[i].parameter.grad(), b = often.named_parameters()[i].parameter.grad();
      CHECK(sum(abs(a)).item() > 0);
      CHECK(sum(abs(a - b)).item() < 1e-12);
    }
  };
  check([](int64_t every) {
    return Gru({.input = 2, .hidden = 3, .layers = 2, .dropout = 0.3, .bidirectional = true, .checkpoint = every});
  });
  check([](int64_t every) { return Lstm({.input = 2, .hidden = 3, .bidirectional = true, .checkpoint = every}); });
  check([](int64_t every) { return Rnn({.input = 2, .hidden = 3, .bidirectional = true, .checkpoint = every}); });
  check([](int64_t every) {
    return Layers({.input = 2, .hidden = 3, .layers = 2, .bidirectional = true, .checkpoint = every});
  });
}

TEST_CASE("recurrent: locked dropout between layers is one mask for all steps, in training only") {
  Rng rng(1);
  Rnn layers({.input = 1,
              .hidden = 1,
              .layers = 2,
              .activation = Activation::relu,
              .bias = false,
              .dropout = 0.5,
              .locked_dropout = true},
             rng);
  for (const auto& [name, parameter] : layers.named_parameters())
    parameter.assign(name.starts_with("weight_ih") ? Tensor::ones({1, 1}) : Tensor::zeros({1, 1}));
  const Tensor y = layers(Tensor::ones({30, 20, 1})).y;
  int64_t kept = 0;
  for (int64_t b = 0; b < 20; ++b) {
    const double total = sum(slice(y, 1, b, b + 1)).item();
    CHECK((total == 0 || total == 60));
    kept += total > 0;
  }
  CHECK(kept > 0);
  CHECK(kept < 20);
  layers.eval();
  CHECK(sum(layers(Tensor::ones({30, 20, 1})).y).item() == 600);
}

TEST_CASE("recurrent: residual connections add a layer's input to its output, from the second layer on") {
  Rng rng(2);
  Gru layers({.input = 4, .hidden = 4, .layers = 2, .residual = true}, rng);
  const cells::Gru lower(layers.cell(0), {}), upper(layers.cell(1), {});
  const Tensor x = random_normal({5, 3, 4}, 0, 1, rng), first = random_normal({2, 3, 4}, 0, 1, rng);
  const Lengths lengths({5, 2, 4});
  const Output below = scan(lower, x, lengths, {first.rows(0, 1).reshape({3, 4})}),
               above = scan(upper, below.y, lengths, {first.rows(1, 2).reshape({3, 4})}),
               both = layers(x, lengths, State(first));
  CHECK(sum(abs(both.y - (below.y + above.y))).item() == 0);
  CHECK(sum(abs(both.state.h.rows(1, 2).reshape({3, 4}) - above.state.h)).item() == 0);

  const grus::Cell* each[] = {&lower, &upper};
  const Output on_a_layer = scan(each, x, lengths, {first}, {.residual = true, .upper = true});
  const Output one = scan(lower, x, lengths, {first.rows(0, 1).reshape({3, 4})});
  const Tensor given = unpack(pack(x, lengths), lengths) + one.y;
  CHECK(sum(abs(on_a_layer.y - (given + scan(upper, given, lengths, {first.rows(1, 2).reshape({3, 4})}).y))).item() <
        1e-5);
}
