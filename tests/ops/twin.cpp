#include "ops/base/twin.h"

#include <doctest/doctest.h>

#include "core/watch/replay.h"
#include "ops/gradcheck.h"
#include "ops/loss/linear_cross_entropy.h"
#include "ops/math/elementwise.h"
#include "ops/math/reduce.h"
#include "ops/math/shape.h"
#include "ops/sequence/attention.h"
#include "ops/sequence/attention_gru.h"
#include "ops/sequence/gru.h"
#include "ops/sequence/lstm.h"
#include "tests/support/tensors.h"

using namespace grus;
using namespace grus::test;
using Xs = std::span<const Tensor>;

namespace {

const Op gate_op("gate");

Tensor gate_composed(const Tensor& a, const Tensor& b) { return tanh(a) * sigmoid(b); }

/// A fused op that has a forward of its own and no rule.
Tensor gate(const Tensor& a, const Tensor& b) {
  const Tensor y = (1.0 - 2.0 / (exp(2.0 * a.detach()) + 1.0)) * sigmoid(b.detach());
  return record_twin(gate_op, {a, b}, y, [](const Tensor& a, const Tensor& b) { return gate_composed(a, b); });
}

}  // namespace

TEST_CASE("twin: a fused op without a rule of its own is differentiated through its twin, to any order") {
  for (const Device& d : devices()) {
    const std::vector<Tensor> inputs{draw({2, 3}, -2, 2, 1, d), draw({2, 3}, -2, 2, 2, d)};
    const TensorFunction f = [](Xs x) { return gate(x[0] * x[1], x[1]); };
    CHECK(message_of([&] { gradcheck(f, inputs); }) == "");
    CHECK(message_of([&] { gradgradcheck(f, inputs); }) == "");
    const auto gradients = [&](Tensor (*op)(const Tensor&, const Tensor&)) {
      Tape tape;
      const Tensor a = tape.watch(inputs[0]), y = op(a, inputs[1]);
      const size_t records = tape.size();
      return std::pair(records, tape.grad(sum(y), {a})[0].to_vector<double>());
    };
    const auto [fused_records, fused] = gradients(gate);
    const auto [records, composed] = gradients(gate_composed);
    CHECK(fused_records == 1);
    CHECK(records == 2);
    CHECK(fused == composed);
  }
}

TEST_CASE("twin: a view of the tape finds the twin of a fused op that has no rule") {
  Tape tape;
  gate(tape.watch(Tensor::ones({2})), Tensor::ones({2}));
  const TwinCapture capture;
  Tape nested;
  replay(tape, tape.record(0), nested);
  CHECK(capture.found());
  CHECK(nested.size() == 3);
}

TEST_CASE("twin: an input that one op made of another, or of several, or that is another, counts once") {
  for (const Device& d : devices()) {
    const std::vector<Tensor> inputs{draw({4, 3}, -2, 2, 1, d), draw({4}, -2, 2, 2, d)};
    const Tensor targets = i32({1, 0, 3, 2}, {4}, d);
    const auto loss = [&targets](const Tensor& x, const Tensor& weight, const Tensor& bias) {
      return linear_cross_entropy(x, weight, bias, targets).loss;
    };
    const TensorFunction by_one_op = [&](Xs x) { return loss(tanh(x[0]), x[0], sum(x[0], 1)); };
    const TensorFunction by_several = [&](Xs x) { return loss(tanh(x[0]), x[0], sum(x[0], 1) * x[1]); };
    const TensorFunction the_same = [&](Xs x) { return loss(x[0], x[0], x[1]); };
    for (const TensorFunction& f : {by_one_op, by_several, the_same})
      CHECK(message_of([&] { gradgradcheck(f, inputs); }) == "");
  }
}

TEST_CASE("twin: attention to sources that are all empty is on the tape, and its gradients are zeros") {
  for (const Device& d : devices()) {
    const auto leaf = [&](const Shape& shape) { return Leaf::create(Tensor::ones(shape, DType::f32, d)); };
    const auto query = leaf({2, 3}), v = leaf({3});
    const Lengths none({0, 0}, -1, d);
    const AttentionMemory memory{Tensor::zeros({0, 3}, DType::f32, d), Tensor::zeros({0, 4}, DType::f32, d), none};
    Tape tape;
    const AttentionOutput out =
        additive_attention_composed(query->tensor(), memory, attention_rows(none, {1, 0}), v->tensor());
    CHECK(out.context.to_vector<float>() == std::vector<float>(8, 0));
    tape.backward(sum(out.context));
    for (const auto& input : {query, v})
      CHECK(input->grad().to_vector<float>() == std::vector<float>(input->value().numel(), 0));
  }
}

TEST_CASE("twin: recurrences over no sequences are on the tape, and give their weights a gradient of zeros") {
  for (const Device& d : devices()) {
    const auto zeros = [&](Shape shape) { return Tensor::zeros(shape, DType::f32, d); };
    const auto weight = Leaf::create(Tensor::ones({8, 2}, DType::f32, d));
    const Lengths none({}, -1, d);
    const auto gates = [&](int64_t count) {
      return RecurrentWeights{zeros({count * 2, 3}), weight->tensor().rows(0, count * 2), {}, {}};
    };
    Tape tape;
    const Output gru = gru_packed_composed(zeros({0, 3}), none, {}, gates(3));
    const Output lstm = lstm_packed_composed(zeros({0, 3}), none, {}, gates(4));
    const Output decoder =
        attention_gru_composed(zeros({0, 1}), none, zeros({0, 2}), {zeros({0, 5}), zeros({0, 2}), none},
                               {{}, gates(3), zeros({5, 2}), {}, zeros({5}), {}});
    const std::vector<Tensor> results{gru.y, gru.state.h, lstm.y, lstm.state.h, lstm.state.c, decoder.y};
    for (size_t i = 0; i < results.size(); ++i) {
      CHECK_MESSAGE(tape.tracks(results[i]), i);
      CHECK(results[i].shape() == Shape{0, 2});
    }
    tape.backward(sum(concat(results)));
    CHECK(weight->grad().to_vector<float>() == std::vector<float>(16, 0));
  }
}
