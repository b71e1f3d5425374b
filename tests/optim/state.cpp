// What the state of an optimizer holds, and which states are refused.
#include <doctest/doctest.h>

#include <cmath>

#include "optim/adadelta.h"
#include "optim/adam.h"
#include "optim/average.h"
#include "optim/schedule.h"
#include "optim/sgd.h"
#include "tests/support/tensors.h"

using namespace grus;
using namespace grus::optim;
using nn::Parameter;
using test::message_of;

namespace {

nn::NamedTensors without(const nn::NamedTensors& state, std::string_view name) {
  nn::NamedTensors rest;
  for (const auto& entry : state)
    if (entry.name != name) rest.push_back(entry);
  return rest;
}

nn::NamedTensors with(const nn::NamedTensors& state, const std::string& name, const Tensor& value) {
  nn::NamedTensors all = without(state, name);
  all.push_back({name, value});
  return all;
}

void step(Optimizer& optimizer, const Parameter& p) {
  p.leaf().set_grad(Tensor::full(p.shape(), 0.5));
  optimizer.step();
}

}  // namespace

TEST_CASE("state: two parameters of one name are refused") {
  const Parameter a(Tensor::ones({2})), b(Tensor::ones({2}));
  CHECK(message_of([&] {
          Adam({{"w", a}, {"w", b}});
        }) == "[Adam] need a name of its own for each parameter, as its state goes by names, got 'w' twice");
  Sgd sgd({{"w", a}});
  CHECK_THROWS_AS(sgd.add_group({.parameters = {{"w", b}}}), UsageError);
  CHECK_THROWS_AS(ExponentialMovingAverage({{"w", a}, {"w", b}}), UsageError);
  CHECK(message_of([&] {
          ExponentialMovingAverage({{"updates", a}});
        }) == "[ExponentialMovingAverage] need another name than 'updates', which its state has already");
}

TEST_CASE("state: learning rates of each group and their factor go on, bit for bit") {
  const Parameter a(Tensor::ones({2})), b(Tensor::ones({2}));
  const auto make = [](const Parameter& p) {
    return Sgd(std::vector<ParameterGroup>{{.parameters = {{"w", p}}, .lr = 0.25}}, {.lr = 1});
  };
  Sgd first = make(a), second = make(b);
  Plateau plateau({.factor = 0.5, .patience = 0}), resumed({.factor = 0.5, .patience = 0});
  plateau.update(1);
  first.set_lr(0.3);
  first.set_lr_factor(plateau.update(2));  // falls once, before the interruption
  step(first, a);
  b.assign(a.value());
  second.load_state(first.state());
  resumed.load_state(plateau.state());
  CHECK(second.lr() == first.lr());
  step(first, a);
  step(second, b);
  CHECK(a.value().to_vector<float>() == b.value().to_vector<float>());
  CHECK(resumed.factor() == plateau.factor());
}

TEST_CASE("state: one saved before it held rates and kind still loads, and keeps the optimizer's own rates") {
  const Parameter a(Tensor::ones({2}));
  Adam first({{"w", a}}, {.lr = 0.5}), second({{"w", a}}, {.lr = 0.25});
  step(first, a);
  second.load_state(without(without(without(first.state(), "kind"), "lr"), "lr_factor"));
  CHECK(second.steps() == 1);
  CHECK(second.lr() == 0.25);
}

TEST_CASE("state: one that names what is kept first and second still loads") {
  const Parameter a(Tensor::ones({2}));
  Sgd sgd({{"w", a}}, {.lr = 0.5, .momentum = 0.5});
  Adadelta adadelta({{"w", a}});
  step(sgd, a);
  step(adadelta, a);
  const auto renamed = [](nn::NamedTensors state, const std::vector<std::string>& names) {
    for (auto& entry : state)
      for (size_t i = 0; i < names.size(); ++i)
        if (entry.name == names[i] + ".w") entry.name = i == 0 ? "first.w" : "second.w";
    return state;
  };
  const auto kept = [](const Optimizer& optimizer, const char* name) {
    const nn::NamedTensors state = optimizer.state();
    const Tensor* found = nn::find(state, name);
    return found ? found->to_vector<float>() : std::vector<float>();
  };
  Sgd next_sgd({{"w", a}}, {.lr = 0.5, .momentum = 0.5});
  Adadelta next_adadelta({{"w", a}});
  next_sgd.load_state(renamed(sgd.state(), {"momentum"}));
  next_adadelta.load_state(renamed(adadelta.state(), {"square_mean", "change_mean"}));
  CHECK(kept(next_sgd, "momentum.w") == std::vector<float>{0.5f, 0.5f});
  CHECK(kept(next_adadelta, "square_mean.w") == kept(adadelta, "square_mean.w"));
  CHECK(kept(next_adadelta, "change_mean.w") == kept(adadelta, "change_mean.w"));
}

TEST_CASE("state: that of another kind of optimizer is refused") {
  const Parameter a(Tensor::ones({2}));
  Adam adam({{"w", a}});
  step(adam, a);
  Adadelta adadelta({{"w", a}});
  CHECK(message_of([&] { adadelta.load_state(adam.state()); }) ==
        "[Adadelta] need a state of Adadelta, got one of Adam");
  AdamW adamw({{"w", a}});
  CHECK(message_of([&] { adamw.load_state(adam.state()); }) == "[AdamW] need a state of AdamW, got one of Adam");
}

TEST_CASE("state: one of another model says which names differ") {
  const Parameter a(Tensor::ones({2})), b(Tensor::ones({3}));
  Adam first({{"a", a}}), second({{"a", a}, {"b", b}});
  step(first, a);
  CHECK(message_of([&] { second.load_state(first.state()); }) ==
        "[Adam] need a state of these parameters; misshapen: steps (need i64 (2), got i64 (1))");
  step(second, a);
  step(second, b);
  CHECK(message_of([&] { first.load_state(second.state()); }) ==
        "[Adam] need a state of these parameters; misshapen: steps (need i64 (1), got i64 (2)); unexpected: first.b, "
        "second.b");
  CHECK(message_of([&] { first.load_state({}); }) ==
        "[Adam] need a state of these parameters; missing: steps, updates");
  Adam other({{"c", b}});
  CHECK(message_of([&] { other.load_state(first.state()); }) ==
        "[Adam] need a state of these parameters; missing: first.c, second.c; unexpected: first.a, second.a");
  Adam wider({{"a", b}});
  CHECK(message_of([&] { wider.load_state(first.state()); }) ==
        "[Adam] need a state of these parameters; misshapen: first.a (need f32 (3), got f32 (2)), second.a (need f32 "
        "(3), got f32 (2))");
  CHECK(other.steps() == 0);
}

TEST_CASE("state: one of another number of groups says so") {
  const Parameter a(Tensor::ones({2})), b(Tensor::ones({3}));
  const Adam one({{"a", a}, {"b", b}});
  Adam two({{.parameters = {{"a", a}}}, {.parameters = {{"b", b}}}});
  CHECK(message_of([&] { two.load_state(one.state()); }) ==
        "[Adam] need a state of 2 groups of parameters, got one of 1");
}

TEST_CASE("state: numbers that no run can have are refused") {
  const Parameter a(Tensor::ones({2}));
  Adam adam({{"w", a}});
  step(adam, a);
  const nn::NamedTensors state = adam.state();
  const auto count = [](int64_t n) { return Tensor::from(std::vector<int64_t>{n}); };
  const auto number = [](double x) { return Tensor::from(std::vector<double>{x}); };
  const auto load = [&](const char* name, const Tensor& value) {
    return message_of([&] { adam.load_state(with(state, name, value)); });
  };
  CHECK(load("steps", count(-1)) == "[Adam] need 'steps' of at least 0, got -1");
  CHECK(load("updates", count(-3)) == "[Adam] need 'updates' of at least 0, got -3");
  CHECK(load("lr", number(NAN)) == "[Adam] need 'lr' of at least 0, got nan");
  CHECK(load("lr_factor", number(-1)) == "[Adam] need 'lr_factor' of at least 0, got -1");
  CHECK(adam.steps() == 1);
  ExponentialMovingAverage average({{"w", a}});
  CHECK(message_of([&] { average.load_state(with(average.state(), "updates", count(-1))); }) ==
        "[ExponentialMovingAverage] need 'updates' of at least 0, got -1");
  Plateau plateau;
  for (const std::vector<double>& bad :
       {std::vector<double>{NAN, 0, 0, 0}, {2, 0, 0, 0}, {1, NAN, 0, 0}, {1, 0, -1, 0}, {1, 0, 0, 1e300}})
    CHECK(message_of([&] {
            plateau.load_state({{"plateau", Tensor::from(bad)}});
          }).starts_with("[Plateau] need a factor in (0, 1], a figure and counts of at least 0, got "));
  CHECK(plateau.factor() == 1);
}

TEST_CASE("optimizer: a scale or factor that is not finite is refused and changes nothing") {
  const Parameter a(Tensor::ones({2}));
  a.leaf().set_grad(Tensor::ones({2}));
  Sgd sgd({{"w", a}});
  CHECK(message_of([&] { sgd.step(NAN); }) == "[Sgd] need a finite scale of the gradients, got nan");
  CHECK(message_of([&] { sgd.step(INFINITY); }) == "[Sgd] need a finite scale of the gradients, got inf");
  CHECK(message_of([&] { sgd.set_lr_factor(NAN); }) == "[Sgd] need a factor of learning rates of at least 0, got nan");
  CHECK(message_of([&] { sgd.set_lr_factor(-1); }) == "[Sgd] need a factor of learning rates of at least 0, got -1");
  CHECK(a.value().to_vector<float>() == std::vector<float>{1, 1});
  CHECK(sgd.steps() == 0);
  CHECK_THROWS_AS(Plateau({.least = NAN}), UsageError);
  CHECK_THROWS_AS(Plateau({.least = 2}), UsageError);
  CHECK_THROWS_AS(Plateau({.margin = NAN}), UsageError);
}
