// Properties of modules beside the golden values: shapes, options, padding, errors.
#include <doctest/doctest.h>

#include <array>
#include <cmath>

#include "core/thread/parts.h"
#include "nn/attention.h"
#include "nn/dropout.h"
#include "nn/embedding.h"
#include "nn/gru.h"
#include "nn/layer_norm.h"
#include "nn/lstm.h"
#include "nn/maxout.h"
#include "nn/rnn.h"
#include "ops/gradcheck.h"
#include "ops/math/reduce.h"
#include "ops/math/shape.h"
#include "ops/sequence/attention_gru.h"
#include "ops/sequence/sequence.h"
#include "tests/support/golden.h"
#include "tests/support/tensors.h"
#include "tests/support/threads.h"

using namespace grus;
using namespace grus::nn;
using test::difference;

namespace {

std::vector<float> floats(const Tensor& x) { return x.to_vector<float>(); }

int64_t zeros_in(const Tensor& x) {
  int64_t count = 0;
  for (const float v : floats(x)) count += v == 0;
  return count;
}

}  // namespace

TEST_CASE("linear: y = x weight^T + bias over any leading axes, and without a bias none is registered") {
  Linear layer(3, 2);
  layer.weight.assign(Tensor::from({1.f, 2.f, 3.f, 4.f, 5.f, 6.f}, {2, 3}));
  layer.bias.assign(Tensor::from({10.f, 20.f}, {2}));
  CHECK(floats(layer(Tensor::ones({1, 1, 3}))) == std::vector<float>{16, 35});
  CHECK(Linear(3, 2, default_rng(), {.bias = false}).named_parameters().size() == 1);
  CHECK_THROWS_AS(Linear(0, 2), UsageError);
}

TEST_CASE("embedding: the padding row is zeros and gets no gradient; tied with an output layer it gets that layer's") {
  Embedding embedding({.count = 4, .width = 3, .padding_index = 1});
  const Tensor ids = Tensor::from(std::vector<int32_t>{1, 2, 1, 2}, {2, 2});
  Tape tape;
  const Tensor y = embedding(ids);
  CHECK(y.shape() == Shape{2, 2, 3});
  CHECK(zeros_in(y) == 6);
  tape.backward(sum(y));
  CHECK(floats(embedding.weight.grad()) == std::vector<float>{0, 0, 0, 0, 0, 0, 2, 2, 2, 0, 0, 0});
  Linear output(3, 4);
  tie(embedding.weight, output.weight);
  embedding.weight.zero_grad();
  Tape second;
  second.backward(sum(output(embedding(ids))));
  CHECK(floats(embedding.weight.grad())[3] != 0);
  CHECK_THROWS_AS(Embedding({.count = 4, .width = 3, .padding_index = 4}), UsageError);
}

TEST_CASE("dropout: the identity in eval mode; in training a mask of zeros and 1 / (1 - p)") {
  Dropout dropout(0.5);
  const Tensor x = Tensor::ones({100, 10});
  manual_seed(1);
  const std::vector<float> y = floats(dropout(x));
  for (const float v : y) CHECK((v == 0 || v == 2));
  CHECK(std::abs(std::count(y.begin(), y.end(), 0.f) - 500) < 80);
  manual_seed(1);
  CHECK(floats(dropout(x)) == y);
  dropout.eval();
  CHECK(floats(dropout(x)) == floats(x));
  CHECK_THROWS_AS(Dropout(1.5), UsageError);
}

TEST_CASE("dropout: packed rows draw what their places in the padded sequences draw") {
  const Dropout dropout(0.5);
  const Lengths lengths({1, 3, 2});
  manual_seed(3);
  const Tensor padded = dropout(Tensor::ones({3, 3, 8}));
  manual_seed(3);
  CHECK(floats(dropout(Tensor::ones({6, 8}), lengths)) == floats(pack(padded, lengths)));
}

TEST_CASE("locked dropout: one mask for all time steps, padded or packed") {
  const LockedDropout dropout(0.5);
  manual_seed(2);
  const Tensor y = dropout(Tensor::ones({4, 3, 8}));
  for (int64_t t = 1; t < 4; ++t) CHECK(floats(y[t]) == floats(y[0]));
  const Lengths lengths({4, 4, 4});
  manual_seed(2);
  const Tensor packed = dropout(Tensor::ones({12, 8}), lengths);
  CHECK(floats(packed) == floats(y));
}

TEST_CASE("layer norm: each row has mean 0 and variance 1 before weight and bias") {
  LayerNorm norm(4);
  const Tensor y = norm(Tensor::from({1.f, 2.f, 3.f, 4.f}, {1, 4}));
  CHECK(floats(y)[0] == doctest::Approx(-1.3416).epsilon(1e-3));
  CHECK(norm.named_parameters().size() == 2);
}

TEST_CASE("maxout: the largest of each group of neighbours") {
  CHECK(floats(maxout(Tensor::from({1.f, 5.f, 7.f, 2.f}, {1, 4}))) == std::vector<float>{5, 7});
  CHECK(Maxout(3, 4, 2)(Tensor::ones({6, 3})).shape() == Shape{6, 4});
  CHECK_THROWS_AS(maxout(Tensor::ones({1, 5})), ShapeError);
}

TEST_CASE("gru: shapes follow layers, directions, batch_first and unbatched input") {
  const Gru gru({.input = 3, .hidden = 4, .layers = 2, .bidirectional = true});
  const Output out = gru(test::normal({5, 2, 3}, 1));
  CHECK(out.y.shape() == Shape{5, 2, 8});
  CHECK(out.state.h.shape() == Shape{4, 2, 4});
  const Output one = gru(test::normal({5, 2, 3}, 1)[0].reshape({2, 3}));
  CHECK(one.y.shape() == Shape{2, 8});
  CHECK(one.state.h.shape() == Shape{4, 4});
  Rng a(7), b(7);
  const Gru steps_first({.input = 3, .hidden = 4}, a), batch_first({.input = 3, .hidden = 4, .batch_first = true}, b);
  const Tensor x = test::normal({5, 2, 3}, 1);
  const Output u = steps_first(x), v = batch_first(transpose(x, 0, 1));
  CHECK(floats(transpose(v.y, 0, 1)) == floats(u.y));
  CHECK(floats(v.state.h) == floats(u.state.h));
}

TEST_CASE("gru: names are PyTorch's") {
  const Gru gru({.input = 3, .hidden = 4, .bidirectional = true});
  std::vector<std::string> names;
  for (const auto& p : gru.named_parameters()) names.push_back(p.name);
  CHECK(names == std::vector<std::string>{"weight_ih_l0", "weight_hh_l0", "bias_ih_l0", "bias_hh_l0",
                                          "weight_ih_l0_reverse", "weight_hh_l0_reverse", "bias_ih_l0_reverse",
                                          "bias_hh_l0_reverse"});
}

TEST_CASE("recurrent: padding, and what is in it, changes nothing; each sequence is as if alone") {
  const auto check = [](const auto& layer) {
    const Tensor x = test::normal({4, 3, 3}, 2);
    const Lengths lengths({2, 4, 1});
    std::vector<float> garbage = floats(x);
    for (size_t t = 0; t < 4; ++t)
      for (size_t b = 0; b < 3; ++b)
        if (static_cast<int64_t>(t) >= lengths[static_cast<int64_t>(b)])
          for (size_t i = 0; i < 3; ++i) garbage[(t * 3 + b) * 3 + i] = std::nanf("");
    const Tensor padded = concat({Tensor::from(garbage, {4, 3, 3}), Tensor::full({2, 3, 3}, 1e30)});
    const auto clean = layer(x, lengths), dirty = layer(padded, Lengths({2, 4, 1}, 6));
    CHECK(floats(dirty.state.h) == floats(clean.state.h));
    CHECK(dirty.y.dim(0) == 6);
    CHECK(floats(dirty.y.rows(0, 4)) == floats(clean.y));
    const auto wide = layer(padded, lengths);  // lengths that know of four steps only
    CHECK(floats(wide.y) == floats(dirty.y));
    const auto first = layer(slice(x.rows(0, 2), 1, 0, 1));
    CHECK(difference(slice(clean.state.h, 1, 0, 1), first.state.h) < 1e-6);
    CHECK(difference(slice(clean.y.rows(0, 2), 1, 0, 1), first.y) < 1e-6);
  };
  check(Gru({.input = 3, .hidden = 4, .layers = 2, .bidirectional = true}));
  check(Gru({.input = 3, .hidden = 4, .reset = Reset::before, .update = Update::replace}));
  check(Rnn({.input = 3, .hidden = 4, .layers = 2, .bidirectional = true}));
  check(Lstm({.input = 3, .hidden = 4, .layers = 2, .bidirectional = true}));
}

TEST_CASE("lstm: names are PyTorch's, shapes follow layers, directions, batch_first and unbatched input") {
  const Lstm lstm({.input = 3, .hidden = 4, .layers = 2, .bidirectional = true});
  CHECK(lstm.named_parameters()[4].name == "weight_ih_l0_reverse");
  CHECK(lstm.named_parameters()[0].parameter.shape() == Shape{16, 3});
  const Output out = lstm(test::normal({5, 2, 3}, 1));
  CHECK(out.y.shape() == Shape{5, 2, 8});
  CHECK(out.state.h.shape() == Shape{4, 2, 4});
  CHECK(out.state.c.shape() == Shape{4, 2, 4});
  const Output one = lstm(test::normal({5, 3}, 1), State{test::normal({4, 4}, 2), test::normal({4, 4}, 3)});
  CHECK(one.y.shape() == Shape{5, 8});
  CHECK(one.state.c.shape() == Shape{4, 4});
  Rng a(7), b(7);
  const Lstm steps_first({.input = 3, .hidden = 4}, a), batch_first({.input = 3, .hidden = 4, .batch_first = true}, b);
  const Tensor x = test::normal({5, 2, 3}, 1);
  CHECK(floats(transpose(batch_first(transpose(x, 0, 1)).y, 0, 1)) == floats(steps_first(x).y));
}

TEST_CASE("lstm cell: its steps are the layer's; a state may be left out") {
  const Lstm lstm({.input = 3, .hidden = 4});
  const LstmCell cell({.input = 3, .hidden = 4});
  const auto from = lstm.named_parameters(), to = cell.named_parameters();
  for (size_t i = 0; i < from.size(); ++i) to[i].parameter.assign(from[i].parameter.value());
  const Tensor x = test::normal({3, 2, 3}, 4);
  State state;
  for (int64_t t = 0; t < 3; ++t) state = cell(x[t], state);
  const Output all = lstm(x);
  CHECK(difference(state.h, all.state.h[0]) < 1e-6);
  CHECK(difference(state.c, all.state.c[0]) < 1e-6);
  CHECK(cell(x[0][0]).c.shape() == Shape{4});
}

TEST_CASE("lstm: forget_bias raises the forget gates' bias alone, and needs biases") {
  Rng a(7), b(7);
  const Lstm plain({.input = 3, .hidden = 2}, a), raised({.input = 3, .hidden = 2, .forget_bias = 1}, b);
  std::vector<float> expected = floats(plain.cell(0).bias_ih.value());
  expected[2] += 1;
  expected[3] += 1;
  CHECK(floats(raised.cell(0).bias_ih.value()) == expected);
  CHECK(floats(raised.cell(0).bias_hh.value()) == floats(plain.cell(0).bias_hh.value()));
  CHECK_THROWS_AS(Lstm({.input = 3, .hidden = 2, .bias = false, .forget_bias = 1}), UsageError);
}

TEST_CASE("lstm: dropout acts between layers, in training only; errors name what is needed") {
  Lstm lstm({.input = 3, .hidden = 4, .layers = 2, .dropout = 0.5});
  const Tensor x = test::normal({5, 2, 3}, 1);
  CHECK(floats(lstm(x).y) != floats(lstm(x).y));
  lstm.eval();
  CHECK(floats(lstm(x).y) == floats(lstm(x).y));
  CHECK_THROWS_WITH_AS(lstm(x, State{test::normal({2, 2, 4}, 1), test::normal({1, 2, 4}, 1)}),
                       "[Lstm] need c0 (2, 2, 4): layers * directions, batch, hidden, got (1, 2, 4)", ShapeError);
  CHECK_THROWS_WITH_AS(LstmCell({.input = 3, .hidden = 4})(test::normal({2, 5}, 1)),
                       "[LstmCell] need x (B, 3) or (3), got (2, 5)", ShapeError);
}

TEST_CASE("recurrent: called at once in the parts of a loop, a layer gives what it gives alone") {
  const test::Threads scope(2);
  Rng rng(1);
  const Gru gru({.input = 5, .hidden = 24, .bidirectional = true}, rng);
  const std::array<Tensor, 2> inputs{test::normal({6, 16, 5}, 1), test::normal({6, 16, 5}, 2)};
  std::array<Tensor, 2> at_once;
  in_parts(default_device(), 1000, 2, [&](int part, int parts) {
    for (auto i = static_cast<size_t>(part); i < 2; i += static_cast<size_t>(parts)) at_once[i] = gru(inputs[i]).y;
  });
  for (size_t i = 0; i < 2; ++i) CHECK(difference(at_once[i], gru(inputs[i]).y) < 1e-6);
}

TEST_CASE("rnn: a sequence of length 0 keeps its first state") {
  const Rnn layer({.input = 3, .hidden = 4, .bidirectional = true});
  const Tensor h0 = test::normal({2, 2, 4}, 5);
  const Output out = layer(test::normal({3, 2, 3}, 1), Lengths({0, 3}), h0);
  CHECK(floats(slice(out.state.h, 1, 0, 1)) == floats(slice(h0, 1, 0, 1)));
  CHECK(zeros_in(slice(out.y, 1, 0, 1)) == 3 * 8);
}

TEST_CASE("rnn, lstm: packed rows give the packed rows of what padded sequences give") {
  const Lengths lengths({2, 4, 1});
  const Tensor x = test::normal({4, 3, 5}, 7), rows = pack(x, lengths);
  const Rnn rnn({.input = 5, .hidden = 4, .bidirectional = true});
  const Output padded = rnn(x, lengths), packed = rnn.forward_packed(rows, lengths);
  CHECK(floats(packed.y) == floats(pack(padded.y, lengths)));
  CHECK(floats(packed.state.h) == floats(padded.state.h));
  const Lstm lstm({.input = 5, .hidden = 4, .layers = 2});
  const Output all = lstm(x, lengths), some = lstm.forward_packed(rows, lengths);
  CHECK(floats(some.y) == floats(pack(all.y, lengths)));
  CHECK(floats(some.state.c) == floats(all.state.c));
}

TEST_CASE("gru: dropout acts between layers, in training only") {
  Gru gru({.input = 3, .hidden = 4, .layers = 2, .dropout = 0.5});
  const Tensor x = test::normal({5, 2, 3}, 1);
  const Tensor first = gru(x).y, second = gru(x).y;
  CHECK(floats(first) != floats(second));
  gru.eval();
  CHECK(floats(gru(x).y) == floats(gru(x).y));
}

TEST_CASE("gru cell: its steps are the layer's, in every form") {
  for (const Reset reset : {Reset::after, Reset::before})
    for (const Update update : {Update::keep, Update::replace}) {
      const Gru gru({.input = 3, .hidden = 4, .reset = reset, .update = update});
      const GruCell cell({.input = 3, .hidden = 4, .reset = reset, .update = update});
      const auto from = gru.named_parameters(), to = cell.named_parameters();
      for (size_t i = 0; i < from.size(); ++i) to[i].parameter.assign(from[i].parameter.value());
      const Tensor x = test::normal({3, 2, 3}, 4);
      Tensor h;
      for (int64_t t = 0; t < 3; ++t) h = cell(x[t], h);
      CHECK(difference(h, gru(x).state.h[0]) < 1e-6);
      CHECK(cell(x[0][0]).shape() == Shape{4});
    }
}

TEST_CASE("gru: errors name what is needed") {
  const Gru gru({.input = 3, .hidden = 4});
  CHECK_THROWS_WITH_AS(gru(test::normal({5, 2, 7}, 1)),
                       "[Gru] need x (T, B, 3) or (T, 3) for one sequence, got (5, 2, 7)", ShapeError);
  CHECK_THROWS_WITH_AS(gru(test::normal({5, 2, 3}, 1), test::normal({1, 3, 4}, 1)),
                       "[Gru] need h0 (1, 2, 4): layers * directions, batch, hidden, got (1, 3, 4)", ShapeError);
  CHECK_THROWS_AS(gru(test::normal({5, 2, 3}, 1), Lengths({5, 5, 5})), ShapeError);
  CHECK_THROWS_AS(gru(test::normal({5, 3}, 1), Lengths({5})), UsageError);
  CHECK_THROWS_AS(Gru({.input = 3, .hidden = -3}), UsageError);
  CHECK_THROWS_AS(Gru({.input = 3, .hidden = 4, .dropout = 1.5}), UsageError);
}

TEST_CASE("recurrent: gradients pass a check in f64, through lengths and both directions") {
  const auto check = [](auto layer) {
    layer.to(DType::f64);
    const Lengths lengths({3, 1});
    gradcheck(TensorsFunction([&](std::span<const Tensor> in) {
                const Output out = layer(in[0], lengths, in[1]);
                return std::vector<Tensor>{out.y, out.state.h};
              }),
              {test::normal({3, 2, 2}, 1, DType::f64), test::normal({4, 2, 3}, 2, DType::f64)});
  };
  check(Gru({.input = 2, .hidden = 3, .layers = 2, .bidirectional = true}));
  check(Rnn({.input = 2, .hidden = 3, .layers = 2, .bidirectional = true}));
}

TEST_CASE("lstm: gradients of two layers in both directions pass a check in f64, of x, h0, c0 and every parameter") {
  Lstm layer({.input = 2, .hidden = 3, .layers = 2, .bidirectional = true});
  layer.to(DType::f64);
  const Lengths lengths({3, 1});
  const Tensor x = test::normal({3, 2, 2}, 1, DType::f64), h0 = test::normal({4, 2, 3}, 2, DType::f64),
               c0 = test::normal({4, 2, 3}, 3, DType::f64);
  gradcheck(TensorsFunction([&](std::span<const Tensor> in) {
              const Output out = layer(in[0], lengths, State{in[1], in[2]});
              return std::vector<Tensor>{out.y, out.state.h, out.state.c};
            }),
            {x, h0, c0});
  for (const NamedParameter& p : layer.named_parameters()) {
    CAPTURE(p.name);
    Tape tape;
    const Output out = layer(x, lengths, State{h0, c0});
    tape.backward(sum(out.y * out.y) + sum(out.state.h) + sum(out.state.c));
    CHECK(zeros_in(cast(p.parameter.grad(), DType::f32)) == 0);
  }
}

TEST_CASE("attention: many queries at once equal one at a time, padding changes nothing, weights sum to 1") {
  for (const Score score : {Score::additive, Score::dot, Score::general}) {
    const Attention attention({.query = 4, .memory = 4, .score = score, .scaled = score != Score::additive});
    const Tensor states = test::normal({5, 3, 4}, 1), queries = test::normal({2, 3, 4}, 2);
    const Lengths lengths({5, 2, 0});
    const PreparedMemory memory = attention.prepare(states, lengths);
    const AttentionOutput all = attention(queries, memory);
    for (int64_t t = 0; t < 2; ++t) {
      const AttentionOutput one = attention(queries[t], memory);
      CHECK(difference(one.context, all.context[t]) < 1e-6);
      CHECK(difference(one.weights, all.weights[t]) < 1e-6);
    }
    const std::vector<float> sums = floats(sum(all.weights[0], 1));
    CHECK(sums[0] == doctest::Approx(1));
    CHECK(sums[2] == 0);
    CHECK(zeros_in(all.context[0].rows(2, 3)) == 4);
    std::vector<float> garbage = floats(states);
    for (size_t t = 2; t < 5; ++t)
      for (size_t i = 0; i < 4; ++i) garbage[(t * 3 + 1) * 4 + i] = garbage[(t * 3 + 2) * 4 + i] = std::nanf("");
    const AttentionOutput dirty = attention(queries, attention.prepare(Tensor::from(garbage, {5, 3, 4}), lengths));
    CHECK(floats(dirty.context) == floats(all.context));
  }
  CHECK_THROWS_AS(Attention({.query = 4, .memory = 3, .score = Score::dot}), UsageError);
  const Attention attention({.query = 4, .memory = 3});
  CHECK_THROWS_AS(attention.prepare(test::normal({5, 3, 4}, 1)), ShapeError);
  CHECK_THROWS_AS(attention(test::normal({2, 4}, 1), attention.prepare(test::normal({5, 3, 3}, 1))), ShapeError);
}

TEST_CASE("attention: packed rows are prepared for the decoder's cell, whose gradients reach query, key and v") {
  Attention attention({.query = 4, .memory = 3, .hidden = 5});
  const GruCell cell({.input = 2 + 3, .hidden = 4});
  const Lengths sources({5, 2, 1}), targets({3, 4, 2});
  const Tensor rows = pack(test::normal({5, 3, 3}, 1), sources);
  Tape tape;
  const AttentionMemory memory = attention.prepare_packed(rows, sources);
  const AttentionGruWeights weights{{},          cell.weights, attention.query->weight, attention.query->bias,
                                    attention.v, cell.form()};
  const Output out =
      scan(cells::AttentionGru(memory, weights, targets), test::normal({9, 2}, 2), targets, test::normal({3, 4}, 3));
  const AttentionOutput first = attention(out.state.h, attention.prepare(unpack(rows, sources), sources));
  CHECK(difference(memory.keys, (*attention.key)(rows)) == 0);
  CHECK(first.weights.shape() == Shape{3, 5});
  tape.backward(sum(out.attention.weights * out.attention.weights));
  for (const auto& [name, parameter] : attention.named_parameters())
    CHECK_MESSAGE(difference(parameter.grad(), Tensor::zeros(parameter.shape())) > 0, name);

  CHECK_THROWS_AS(attention.prepare_packed(test::normal({7, 3}, 1), sources), ShapeError);
  CHECK_THROWS_AS(
      Attention({.query = 4, .memory = 4, .score = Score::dot}).prepare_packed(test::normal({8, 4}, 1), sources),
      UsageError);
}
