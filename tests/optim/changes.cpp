// What an optimizer or an average does when the device, dtype, ties or modules of its parameters change.
#include <doctest/doctest.h>

#include <cmath>

#include "nn/linear.h"
#include "ops/math/elementwise.h"
#include "ops/math/reduce.h"
#include "optim/adam.h"
#include "optim/average.h"
#include "optim/clip.h"
#include "optim/sgd.h"
#include "tests/support/tensors.h"

using namespace grus;
using namespace grus::optim;
using nn::Linear;
using nn::Parameter;
using test::message_of;

namespace {

void append_values(std::vector<double>& all, const Linear& model) {
  for (const auto& [name, tensor] : model.state_dict()) {
    const std::vector<double> values = cast(tensor, DType::f64).to_vector<double>();
    all.insert(all.end(), values.begin(), values.end());
  }
}

/// Takes ten steps of Adam with an average, and calls `change` after the third. Returns the values, then the averages.
template <class Change>
std::vector<double> trained(DType dtype, Change change) {
  Rng rng(3);
  Linear model(3, 2, rng);
  model.to(dtype);
  Adam adam(model.named_parameters(), {.lr = 0.1});
  ExponentialMovingAverage average(model.named_parameters(), {.decay = 0.5});
  adam.attach(&average);
  for (int t = 0; t < 10; ++t) {
    if (t == 3) change(model);
    const Tensor& w = model.weight.value();
    const Tensor x = Tensor::full({4, 3}, 1 + t % 3, w.dtype(), w.device());
    adam.zero_grad();
    Tape tape;
    tape.backward(sum(tanh(model(x))));
    adam.step(clip_scale(model.named_parameters(), 1.0).scale);
  }
  std::vector<double> all;
  append_values(all, model);
  const SwapIn averaged(average);
  append_values(all, model);
  return all;
}

double largest_difference(const std::vector<double>& a, const std::vector<double>& b) {
  double largest = 0;
  for (size_t i = 0; i < a.size(); ++i) largest = std::max(largest, std::abs(a[i] - b[i]));
  return a.size() == b.size() ? largest : 1e9;
}

}  // namespace

TEST_CASE("changes: moments and averages follow their parameters to another device") {
  const auto stays = trained(DType::f64, [](Linear&) {});
  const auto moves = trained(DType::f64, [](Linear& model) { model.to(Device("reference")); });
  CHECK(largest_difference(stays, moves) < 1e-12);
}

TEST_CASE("changes: moments and averages follow their parameters to another dtype") {
  const auto stays = trained(DType::f64, [](Linear&) {});
  const auto narrowed = trained(DType::f64, [](Linear& model) { model.to(DType::f32); });
  const auto widened = trained(DType::f32, [](Linear& model) { model.to(DType::f64); });
  CHECK(largest_difference(stays, narrowed) < 1e-5);
  CHECK(largest_difference(stays, widened) < 1e-5);
}

TEST_CASE("changes: a state taken after a move is that of the parameters as they are") {
  Linear model(3, 2);
  Adam adam(model.named_parameters());
  ExponentialMovingAverage average(model.named_parameters());
  for (const auto& [name, p] : model.named_parameters()) p.leaf().set_grad(Tensor::ones(p.shape()));
  adam.step();
  model.to(DType::f64);
  Adam again(model.named_parameters());
  again.load_state(adam.state());
  CHECK(nn::find(again.state(), "first.weight")->dtype() == DType::f64);
  ExponentialMovingAverage average_again(model.named_parameters());
  average_again.load_state(average.state());
}

TEST_CASE("changes: averages stay swapped in, and come out, when the model moves meanwhile") {
  Linear model(3, 2);
  ExponentialMovingAverage average(model.named_parameters(), {.decay = 0});
  const auto old = model.weight.value().to_vector<float>();
  model.weight.assign(Tensor::ones({2, 3}));
  {
    const SwapIn averaged(average);
    CHECK(model.weight.value().to_vector<float>() == old);
    model.to(DType::f64);
  }
  CHECK(model.weight.value().dtype() == DType::f64);
  CHECK(model.weight.value().to_vector<double>() == std::vector<double>(6, 1));
}

TEST_CASE("changes: nested scopes keep the averages in, whichever ends first") {
  const Parameter p(Tensor::full({1}, 4));
  ExponentialMovingAverage average({{"p", p}});
  p.assign(Tensor::full({1}, 9));
  auto outer = std::make_unique<SwapIn>(average);
  {
    const SwapIn inner(average);
    CHECK(p.value().item() == 4);
  }
  CHECK(p.value().item() == 4);
  auto inner = std::make_unique<SwapIn>(average);
  outer.reset();
  CHECK(p.value().item() == 4);
  inner.reset();
  CHECK(p.value().item() == 9);
}

TEST_CASE("changes: an average's state holds the averages also while they are swapped in, and none is loaded then") {
  const Parameter p(Tensor::full({1}, 4));
  ExponentialMovingAverage average({{"p", p}});
  p.assign(Tensor::full({1}, 9));
  const SwapIn averaged(average);
  const nn::NamedTensors state = average.state();
  CHECK(nn::find(state, "p")->item() == 4);
  CHECK(message_of([&] { average.load_state(state); }) ==
        "[ExponentialMovingAverage] need the weights in place to load a state, got the averages swapped in");
}

TEST_CASE("changes: a tie made after the optimizer or average is one sentence, and changes nothing") {
  Parameter a(Tensor::ones({2})), b(Tensor::full({2}, 5));
  Sgd sgd({{"a", a}, {"b", b}}, {.lr = 1});
  ExponentialMovingAverage average({{"a", a}, {"b", b}});
  nn::tie(a, b);
  a.leaf().set_grad(Tensor::ones({2}));
  CHECK(message_of([&] { sgd.step(); }) ==
        "[Sgd] need the parameters as they were when it was made, got another in the place of 'b': tie first");
  CHECK(message_of([&] { sgd.step(Tensor::ones({})); }).starts_with("[Sgd] need the parameters as they were"));
  CHECK(a.value().to_vector<float>() == std::vector<float>{1, 1});
  const std::string of_average =
      "[ExponentialMovingAverage] need the parameters as they were when it was made, got another in the place of 'b': "
      "tie first";
  CHECK(message_of([&] { average.update(); }) == of_average);
  CHECK(message_of([&] { SwapIn{average}; }) == of_average);
  CHECK(average.updates() == 0);
}

TEST_CASE("changes: a module replaced after the optimizer was made is one sentence") {
  Linear model(3, 2);
  Sgd sgd(model.named_parameters());
  model = Linear(3, 2);
  CHECK(message_of([&] { sgd.step(); }) ==
        "[Sgd] need parameters that modules still have, got 'weight' of one that was replaced: make it after that");
}

TEST_CASE("changes: a gradient of another kind than its parameter is refused before anything is written") {
  const Device cpu("cpu");  // the message names it
  const Parameter a(Tensor::ones({2}, DType::f32, cpu)), b(Tensor::ones({2}, DType::f32, cpu));
  a.leaf().set_grad(Tensor::ones({2}, DType::f32, cpu));
  b.leaf().mutable_grad() = Tensor::ones({2}, DType::f64, cpu);
  Sgd sgd({{"a", a}, {"b", b}});
  CHECK(message_of([&] { sgd.step(); }) ==
        "[Sgd] need a gradient of 'b' as the parameter is, f32 (2) on cpu, got f64 (2) on cpu");
  CHECK(a.value().to_vector<float>() == std::vector<float>{1, 1});
}
