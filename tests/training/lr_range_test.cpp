#include "training/lr_range_test.h"

#include <doctest/doctest.h>

#include <cmath>
#include <cstring>
#include <limits>

#include "core/tensor/random.h"
#include "nn/dropout.h"
#include "nn/linear.h"
#include "ops/loss/loss.h"
#include "ops/math/elementwise.h"
#include "ops/math/reduce.h"
#include "optim/adam.h"
#include "optim/average.h"
#include "optim/sgd.h"
#include "tests/support/tensors.h"
#include "tests/support/well_formed.h"

using namespace grus;
using namespace grus::training;
using test::contains;
using test::message_of;

namespace {

class RegressionNet : public nn::Module<RegressionNet> {
 public:
  explicit RegressionNet(Rng& rng)
      : hidden(child("hidden", nn::Linear(4, 8, rng))), out(child("out", nn::Linear(8, 1, rng))) {}
  Tensor forward(const Tensor& x) const { return out(dropout(tanh(hidden(x)))); }
  nn::Linear hidden, out;
  nn::Dropout dropout{0.2};
};

// A regression whose batches come from a stream of their own.
struct Task {
  Rng rng{3};
  Tensor x = random_normal({64, 4}, 0, 1, rng), y = sum(x, {1}, true);
};

bool same_bits(const Tensor& a, const Tensor& b) {
  if (a.shape() != b.shape() || a.dtype() != b.dtype()) return false;
  const std::vector<double> x = test::values(a), y = test::values(b);
  return std::memcmp(x.data(), y.data(), x.size() * sizeof(double)) == 0;
}

bool same_bits(const nn::NamedTensors& a, const nn::NamedTensors& b) {
  if (a.size() != b.size()) return false;
  for (size_t i = 0; i < a.size(); ++i)
    if (a[i].name != b[i].name || !same_bits(a[i].tensor, b[i].tensor)) return false;
  return true;
}

nn::NamedTensors copies(nn::NamedTensors tensors) {
  for (nn::NamedTensor& named : tensors) named.tensor = named.tensor.detach().clone();
  return tensors;
}

}  // namespace

TEST_CASE("range test: weights, optimizer, average and random numbers have their bits back, also after an error") {
  Rng rng(1);
  RegressionNet net(rng);
  const Task task;
  optim::Adam adam(net.named_parameters(), {.lr = 0.002});
  optim::ExponentialMovingAverage average(net.named_parameters());
  adam.attach(&average);
  for (int i = 0; i < 3; ++i) {
    Tape tape;
    tape.backward(mse_loss(net(task.x), task.y));
    adam.step();
    adam.zero_grad();
  }
  adam.set_lr_factor(0.5);
  const nn::NamedTensors weights = copies(net.state_dict()), state = copies(adam.state()),
                         averages = copies(average.state());
  const RandomKey random = default_rng().state();
  int losses = 0;
  const auto loss = [&] {
    require<Error>(++losses < 160, "enough");
    return mse_loss(net(task.x), task.y);
  };
  CHECK(lr_range_test(net, adam, loss, {.steps = 60}).points.size() > 20);
  const auto check = [&] {
    CHECK(same_bits(net.state_dict(), weights));
    CHECK(same_bits(adam.state(), state));
    CHECK(same_bits(average.state(), averages));
    CHECK(adam.average() == &average);
    CHECK(default_rng().state().draw == random.draw);
    CHECK_FALSE(net.hidden.weight.grad().defined());
  };
  check();
  losses = 150;
  CHECK_THROWS_WITH_AS(lr_range_test(net, adam, loss), "enough", Error);
  check();
}

TEST_CASE("range test: an optimizer that has not stepped yet is as new again") {
  Rng rng(1);
  RegressionNet net(rng), other = net.clone();
  const Task task;
  optim::Adam adam(net.named_parameters(), {.lr = 0.01}), never(other.named_parameters(), {.lr = 0.01});
  lr_range_test(net, adam, [&] { return mse_loss(net(task.x), task.y); }, {.steps = 20});
  CHECK(same_bits(adam.state(), never.state()));
}

TEST_CASE("range test: on a parabola the loss diverges where theory says, and suggestions lie below") {
  // w <- w - lr (4 w) shrinks w while lr < 0.5 and blows it up beyond.
  Rng rng(1);
  nn::Linear line(1, 1, rng);
  optim::Sgd sgd(line.named_parameters(), {.lr = 1});
  const RangeTest test = lr_range_test(line, sgd, [&] { return mul(sum(square(line.weight)), Tensor::full({}, 2)); },
                                       {.from = 1e-4, .to = 100, .steps = 200});
  CHECK(test.diverged);
  CHECK(test.points.back().lr > 0.5);
  CHECK(test.points.back().lr < 5);
  CHECK(test.steepest > 1e-3);
  CHECK(test.steepest < 0.5);
  CHECK(test.tenth_of_least < 0.2);
  CHECK(test.points[0].lr == doctest::Approx(1e-4));
  CHECK(test.points[1].lr / test.points[0].lr == doctest::Approx(std::pow(1e6, 1.0 / 199)));
}

TEST_CASE("range test: a gradient or a loss that is not finite ends it as divergence") {
  Rng rng(1);
  nn::Linear line(1, 1, rng);
  optim::Sgd sgd(line.named_parameters(), {.lr = 1});
  int calls = 0;
  const auto loss = [&] {
    const float scale = ++calls < 5 ? 1 : std::numeric_limits<float>::infinity();
    return mul(sum(square(line.weight)), Tensor::full({}, scale));
  };
  const RangeTest test = lr_range_test(line, sgd, loss, {.to = 1e-3});
  CHECK(test.diverged);
  CHECK(test.points.size() == 4);
}

TEST_CASE("range test: a loss that only rises gives no suggestion, and still a picture") {
  Rng rng(1);
  nn::Linear line(1, 1, rng);
  optim::Sgd sgd(line.named_parameters(), {.lr = 1});
  double next = 1;
  const RangeTest test = lr_range_test(line, sgd,
                                       [&] {
                                         next += 0.1;
                                         return add(mul(sum(line.weight), Tensor::full({}, 0)),
                                                    Tensor::full({}, static_cast<float>(next)));
                                       },
                                       {.steps = 10, .smoothing = 0});
  CHECK_FALSE(test.diverged);
  CHECK(std::isnan(test.steepest));
  CHECK(std::isnan(test.tenth_of_least));
  CHECK(test::not_well_formed(test.picture()) == "");
  CHECK(contains(test.page(), "without divergence"));
}

TEST_CASE("range test: the picture and the page are well formed and name both suggestions") {
  Rng rng(2);
  RegressionNet net(rng);
  const Task task;
  optim::Sgd sgd(net.named_parameters(), {.lr = 1});
  const RangeTest test = lr_range_test(net, sgd, [&] { return mse_loss(net(task.x), task.y); }, {.from = 1e-5});
  CHECK(test::not_well_formed(test.picture()) == "");
  CHECK(test::not_well_formed(test.page()) == "");
  CHECK(contains(test.page(), ">steepest "));
  CHECK(contains(test.page(), ">least / 10: "));
  CHECK_FALSE(contains(test.picture(), "nan"));
}

TEST_CASE("range test: settings out of range and a first loss that is not finite are refused in a sentence") {
  Rng rng(1);
  nn::Linear line(1, 1, rng);
  optim::Sgd sgd(line.named_parameters(), {.lr = 1});
  const auto message = [&](const RangeTestOptions& options, float loss = 1) {
    return message_of([&] {
      lr_range_test(
          line, sgd, [&] { return Tensor::full({}, loss); }, options);
    });
  };
  CHECK(message({.from = 1, .to = 0.1}) == "[lr_range_test] need rates with 0 < from < to, got 1 and 0.1");
  CHECK(message({.steps = 1}) == "[lr_range_test] need at least 2 steps, got 1");
  CHECK(message({.smoothing = 1}) == "[lr_range_test] need a smoothing in [0, 1), got 1");
  CHECK(message({.divergence = 1}) == "[lr_range_test] need a divergence above 1, got 1");
  CHECK(message({.clip = -1}) == "[lr_range_test] need a clip of at least 0, got -1");
  CHECK(message({}, std::numeric_limits<float>::quiet_NaN()) ==
        "[lr_range_test] need a finite loss at the first step, got nan");
}
