#include "ops/twin.h"

#include <doctest/doctest.h>

#include "ops/attention.h"
#include "ops/elementwise.h"
#include "ops/gradcheck.h"
#include "ops/linear_cross_entropy.h"
#include "ops/reduce.h"
#include "tests/support/tensors.h"

using namespace grus;
using namespace grus::test;
using Xs = std::span<const Tensor>;

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
