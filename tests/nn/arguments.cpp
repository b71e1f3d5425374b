// Modules that are called with wrong arguments: the error names the module, and the caller's shapes.
#include <doctest/doctest.h>

#include "nn/attention.h"
#include "nn/gru.h"
#include "nn/lstm.h"
#include "nn/maxout.h"
#include "nn/rnn.h"
#include "ops/math/elementwise.h"
#include "ops/math/reduce.h"
#include "tests/support/tensors.h"

using namespace grus;
using namespace grus::nn;
using namespace grus::test;

namespace {
Tensor zeros(Shape shape, DType dtype = DType::f32) { return Tensor::zeros(shape, dtype); }
Device away() { return Device("reference"); }
}  // namespace

TEST_CASE(
    "attention: weights have a column for every place of the states, whatever the score, past the longest source too") {
  for (const Score score : {Score::additive, Score::dot, Score::general}) {
    const Attention attention({.query = 4, .memory = 4, .score = score});
    const Tensor states = Tensor::ones({6, 2, 4});
    for (const Lengths& lengths : {Lengths({3, 2}, 6), Lengths({0, 0}, 6), Lengths({6, 1}, 6)}) {
      const PreparedMemory memory = attention.prepare(states, lengths);
      const AttentionOutput one = attention(Tensor::ones({2, 4}), memory),
                            many = attention(Tensor::ones({3, 2, 4}), memory);
      CHECK(one.weights.shape() == Shape{2, 6});
      CHECK(many.weights.shape() == Shape{3, 2, 6});
      CHECK(many.context.shape() == Shape{3, 2, 4});
      const std::vector<double> weights = values(one.weights);
      for (int64_t b = 0; b < 2; ++b)
        for (int64_t s = 0; s < 6; ++s) {
          const double weight = weights[static_cast<size_t>(b * 6 + s)];
          CHECK(weight ==
                (s < lengths[b] ? doctest::Approx(1.0 / static_cast<double>(lengths[b])) : doctest::Approx(0)));
        }
    }
    CHECK(attention(zeros({0, 2, 4}), attention.prepare(states)).weights.shape() == Shape{0, 2, 6});
  }
}

TEST_CASE("attention: a memory that another kind or size of attention prepared, or none, is refused") {
  const Attention additive({.query = 4, .memory = 4, .hidden = 3}), dot({.query = 4, .memory = 4, .score = Score::dot}),
      wide({.query = 4, .memory = 4, .hidden = 5});
  const Tensor states = zeros({3, 2, 4}), query = zeros({2, 4});
  const std::string other = "[Attention] need a memory that prepare() of this kind of attention made, got ";
  CHECK(message_of([&] { return additive(query, dot.prepare(states)); }) == other + "one of another kind");
  CHECK(message_of([&] { return dot(query, additive.prepare(states)); }) == other + "one of another kind");
  CHECK(message_of([&] { return additive(query, PreparedMemory{}); }) == other + "none");
  CHECK(message_of([&] { return additive(query, wide.prepare(states)); }) ==
        "[Attention] need a memory with keys of 3 numbers, got 5");
  CHECK(message_of([&] {
          return additive(zeros({2, 4}, DType::f64), additive.prepare(states));
        }) == "[Attention] need one dtype, got f64 (2, 4) and f32 (6, 3)");
  CHECK(message_of([&] { return additive.prepare(Tensor()); }) == "[Attention] need a tensor, got an undefined one");
  CHECK(message_of([&] {
          return additive.prepare(states, Lengths({3, 2}, 3, away()));
        }) == "[Attention] need one device, got cpu and lengths on reference");
}

TEST_CASE("recurrent: errors have the caller's shapes") {
  const Gru gru({.input = 4, .hidden = 5});
  const Lstm lstm({.input = 4, .hidden = 5});
  const Rnn rnn({.input = 4, .hidden = 5});
  const Tensor ids = Tensor::zeros({3, 2, 4}, DType::i32), x = zeros({3, 2, 4});
  CHECK(message_of([&] { return gru(ids); }) == "[Gru] need one dtype, got i32 (3, 2, 4) and f32 (15, 4)");
  CHECK(message_of([&] { return lstm(ids); }) == "[Lstm] need one dtype, got i32 (3, 2, 4) and f32 (20, 4)");
  CHECK(message_of([&] { return rnn(ids); }) == "[Rnn] need one dtype, got i32 (3, 2, 4) and f32 (5, 4)");
  CHECK(message_of([&] { return gru(Tensor()); }) == "[Gru] need tensors, got an undefined one");
  CHECK(message_of([&] {
          return gru(x, zeros({1, 2, 5}, DType::f64));
        }) == "[Gru] need one dtype, got f32 (3, 2, 4) and f64 (1, 2, 5)");
  CHECK(message_of([&] {
          return gru(x, Lengths({3, 2}, -1, away()));
        }) == "[Gru] need one device, got cpu and lengths on reference");
  CHECK(message_of([&] {
          return gru.forward_packed(zeros({5, 4}, DType::f64), Lengths({3, 2}));
        }) == "[Gru] need one dtype, got f64 (5, 4) and f32 (15, 4)");
}

TEST_CASE("cells: a state of another size or kind is named") {
  const GruCell gru({.input = 3, .hidden = 4});
  const LstmCell lstm({.input = 3, .hidden = 4});
  CHECK(message_of([&] {
          return gru(zeros({2, 3}), zeros({2, 3}));
        }) == "[GruCell] need h (2, 4) beside x (2, 3), got (2, 3)");
  CHECK(message_of([&] {
          return gru(zeros({2, 3}), zeros({3, 4}));
        }) == "[GruCell] need h (2, 4) beside x (2, 3), got (3, 4)");
  CHECK(message_of([&] { return gru(zeros({3}), zeros({1, 4})); }) == "[GruCell] need h (4) beside x (3), got (1, 4)");
  CHECK(message_of([&] {
          return gru(zeros({2, 3}), zeros({2, 4}, DType::f64));
        }) == "[GruCell] need one dtype, got f32 (2, 3) and f64 (2, 4)");
  CHECK(message_of([&] { return gru(Tensor()); }) == "[GruCell] need tensors, got an undefined one");
  CHECK(message_of([&] {
          lstm(zeros({2, 3}), State{zeros({2, 4}), zeros({4})});
        }) == "[LstmCell] need c (2, 4) beside x (2, 3), got (4)");
}

TEST_CASE("modules: sizes whose products are no sizes are refused") {
  CHECK(message_of([] { return Maxout(3, -2, -3, default_rng()); }) ==
        "[Maxout] need sizes of at least 1, got -2 outputs of -3 pieces");
  CHECK(message_of([] { return Gru({.input = 1, .hidden = int64_t{1} << 62}); }) ==
        "[Gru] need sizes that fit in 64 bits, got 3 times 4611686018427387904");
  CHECK(message_of([] { return maxout(Tensor(), 2); }) == "[maxout] need a tensor, got an undefined one");
}
