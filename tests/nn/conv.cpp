// Convolutions, pooling, norms and weight drop as modules: names, sizes, sequences, training and evaluation.
#include "nn/conv.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <limits>

#include "nn/gru.h"
#include "nn/linear.h"
#include "nn/lstm.h"
#include "nn/norm.h"
#include "nn/rnn.h"
#include "nn/sequential.h"
#include "ops/math/elementwise.h"
#include "ops/math/shape.h"
#include "tests/support/tensors.h"

using namespace grus;
using namespace grus::nn;
using namespace grus::test;

TEST_CASE("conv: a small network for images is a Sequential of layers with PyTorch's shapes") {
  const Sequential net(Conv2d({.in = 1, .out = 4, .kernel = 3, .padding = 1}), BatchNorm(4), Relu(), MaxPool2d(2),
                       Conv2d({.in = 4, .out = 6, .kernel = {3, 1}, .groups = 2}), GroupNorm(2, 6), GlobalAvgPool(),
                       Linear(6, 3));
  CHECK(net(normal({5, 1, 8, 6}, 1)).shape() == Shape{5, 3});
  CHECK(net.at<Conv2d>(4).weight.value().shape() == Shape{6, 2, 3, 1});
  std::vector<std::string> buffers;
  for (const auto& [name, value] : net.named_buffers()) buffers.push_back(name);
  CHECK(buffers == std::vector<std::string>{"1.running_mean", "1.running_var", "1.num_batches_tracked"});
}

TEST_CASE("conv: over time-major sequences NaN in padding changes nothing, and causal steps see no later one") {
  const Conv1d conv({.in = 3, .out = 2, .kernel = 3, .padding = 2, .dilation = 2});
  const Lengths lengths({4, 6});
  const Tensor x = normal({6, 2, 3}, 1), nothing = Tensor::full({6, 2, 3}, std::numeric_limits<double>::quiet_NaN());
  const Tensor real = unsqueeze(transpose(lengths.mask()), 2);
  CHECK(gap(conv.forward_sequence(where(real, x, nothing), &lengths), conv.forward_sequence(where(real, x, 0))) == 0);
  const Tensor y = conv.forward_sequence(x, nullptr, true);
  CHECK(y.shape() == Shape{6, 2, 2});
  CHECK(gap(conv.forward_sequence(x.rows(0, 4), nullptr, true), y.rows(0, 4)) < 1e-6);
  const Tensor same = permute(conv(permute(x, {1, 2, 0})), {2, 0, 1});
  CHECK(gap(conv.forward_sequence(x), same) < 1e-5);
}

TEST_CASE("conv: evaluation uses the running estimates and leaves them") {
  BatchNorm norm(2, {.momentum = 1});
  const Tensor x = normal({50, 2}, 1) * 3 + 5;
  const Tensor trained = norm(x);
  norm.eval();
  const Tensor before = norm.running_mean.value().clone();
  CHECK(gap(norm(x), trained) < 0.05);  // with momentum 1 they are the batch's, but for the divisor
  CHECK(gap(norm(x + 1), trained) > 0.1);
  CHECK(gap(norm.running_mean, before) == 0);
}

TEST_CASE("conv: wrong sizes say what they need") {
  CHECK(message_of([] { Conv1d({.in = 3, .out = 2, .kernel = 3, .groups = 2}); }) ==
        "[Conv1d] need channels of at least 1 that the groups divide, got 3 to 2 in 2 groups");
  CHECK(message_of([] { Conv2d({.in = 1, .out = 1, .kernel = 0}); }) ==
        "[Conv2d] need a kernel of at least 1 x 1, got 0 x 0");
  CHECK(message_of([] {
          BatchNorm(2)(normal({1, 2}, 1));
        }) == "[BatchNorm] need more than one value a channel in training, got (1, 2)");
  CHECK(message_of([] { GroupNorm(2, 3); }) == "[GroupNorm] need groups that divide the channels, got 2 of 3");
  CHECK(message_of([] {
          Conv1d({.in = 2, .out = 2, .kernel = 2, .stride = 2}).forward_sequence(normal({3, 1, 2}, 1));
        }) == "[Conv1d] need a stride and groups of 1 for time-major sequences, got 2 and 1");
}

TEST_CASE("weight drop: in training recurrent weights drop anew in each call, in evaluation none does") {
  Lstm lstm({.input = 3, .hidden = 8, .weight_drop = 0.5});
  Lstm whole({.input = 3, .hidden = 8});
  whole.load_state_dict(lstm.state_dict());
  const Tensor x = normal({6, 2, 3}, 1);
  const Tensor once = lstm(x).y;
  CHECK(gap(once.rows(0, 1), whole(x).y.rows(0, 1)) < 1e-6);  // the first state is 0
  CHECK(gap(once, whole(x).y) > 1e-3);
  CHECK(gap(once, lstm(x).y) > 1e-3);
  {
    Tape tape;
    tape.backward(lstm(x).y.sum());
  }
  const std::vector<double> gradient = values(lstm.cell(0).weight_hh.grad());
  const auto dropped = std::count(gradient.begin(), gradient.end(), 0.0);
  CHECK(dropped > 80);
  CHECK(dropped < 176);  // of 256
  lstm.eval();
  CHECK(gap(lstm(x).y, whole(x).y) == 0);
  CHECK(message_of([] { Gru({.input = 1, .hidden = 1, .checkpoint = 2, .weight_drop = 0.5}); }) ==
        "[Gru] need all states kept beside a weight_drop, got a checkpoint of 2");
  CHECK(message_of([] { Rnn({.input = 1, .hidden = 1, .weight_drop = 1}); }) ==
        "[Rnn] need a weight_drop in [0, 1), got 1");
}
