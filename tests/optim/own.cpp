// An optimizer as a user writes it: what its update() is given, and what is said when it is wrong.
#include <doctest/doctest.h>

#include <cmath>

#include "core/tape/tape.h"
#include "ops/math/elementwise.h"
#include "ops/math/reduce.h"
#include "optim/adam.h"
#include "optim/average.h"
#include "optim/clip.h"
#include "optim/sgd.h"
#include "tests/support/tensors.h"

using namespace grus;
using namespace grus::optim;
using nn::Parameter;
using test::message_of;

namespace {

/// Descent with momentum that also keeps the value as it was before the last step; `change` then does something more.
class Own : public Optimizer {
 public:
  using Change = void (*)(ParameterUpdate& p);
  explicit Own(const Parameters& parameters, Change change = nullptr)
      : Optimizer("Own", {{"lr", 0.5}, {"mu", 0, Domain::fraction}, {"weight_decay", 0}},
                  {"before", {"momentum", "mu"}, {"count", "", [](const Shape&) { return Shape{}; }}},
                  {{.parameters = parameters}}),
        change_(change) {}

 protected:
  void update(ParameterUpdate& p) override {
    p.state("before") = p.value;
    p.add_decay();
    Tensor step = p.grad;
    if (p["mu"] != 0) step = p.state("momentum") = p["mu"] * p.state("momentum") + p.grad;
    p.state("count") = p.state("count") + 1.0;
    p.value = p.value - p.lr * step;
    if (change_) change_(p);
  }

 private:
  const Change change_;
};

/// Returns a parameter (2) of ones with a gradient of ones.
Parameter ones() {
  const Parameter w(Tensor::ones({2}));
  w.leaf().set_grad(Tensor::ones({2}));
  return w;
}
std::vector<float> floats(const Tensor& x) { return x.to_vector<float>(); }
Tensor kept(const Optimizer& optimizer, const char* name) {
  const nn::NamedTensors state = optimizer.state();
  const Tensor* found = nn::find(state, name);
  return found ? *found : Tensor();
}

}  // namespace

TEST_CASE("own: an optimizer of a dozen lines has scaling, schedules, decay, counts and clipping on the device") {
  const Parameter w = ones();
  Own own({{"w", w}});
  own.set_lr_factor(0.5);
  own.set("weight_decay", 1);
  own.step(2);  // w -= 0.25 (2 + 1)
  CHECK(floats(w.value()) == std::vector<float>{0.25f, 0.25f});
  own.set("weight_decay", 0);
  own.step(Tensor::full({}, 0.5));  // w -= 0.25 * 0.5
  CHECK(floats(w.value()) == std::vector<float>{0.125f, 0.125f});
  own.step(Tensor::full({}, 0.0));
  CHECK(floats(w.value()) == std::vector<float>{0.125f, 0.125f});
  CHECK(floats(kept(own, "before.w")) == std::vector<float>{0.25f, 0.25f});
  CHECK(kept(own, "count.w").item() == 2);
  ExponentialMovingAverage average({{"w", w}}, {.decay = 0.5, .warm_up = false});
  own.attach(&average);
  own.step(Tensor::full({}, 1.0));  // w -= 0.25
  CHECK(floats(nn::find(average.state(), "w")->detach()) == std::vector<float>{0, 0});
  w.assign(Tensor::ones({2}));
  own.step(Tensor::full({}, 0.0));  // the average stays, too
  CHECK(floats(nn::find(average.state(), "w")->detach()) == std::vector<float>{0, 0});
  CHECK(own.steps() == 5);
}

TEST_CASE("own: what is kept under the value's or the gradient's name does not change with them") {
  const Parameter w = ones();
  Own own({{"w", w}}, [](ParameterUpdate& p) { p.state("before") = p.grad; });
  own.step();
  const Tensor gradient = kept(own, "before.w");
  own.allow_stale_gradients();
  {
    Tape tape;
    tape.backward(sum(w.tensor()));  // adds to the gradient in place
  }
  CHECK(floats(gradient) == std::vector<float>{1, 1});
  w.leaf().set_grad(Tensor::ones({2}));
  Own plain({{"w", w}});
  plain.step();  // "before" is the value, which is then written in place
  CHECK(floats(kept(plain, "before.w")) == std::vector<float>{0.5f, 0.5f});
}

TEST_CASE("own: nothing is recorded, whatever tape is active") {
  const Parameter w = ones();
  static const Parameter other = ones();
  Own own({{"w", w}}, [](ParameterUpdate& p) { p.value = p.value + 0.1 * other.tensor(); });
  Tape tape;
  const size_t before = tape.size();
  own.step();
  CHECK(tape.size() == before);
  CHECK(kept(own, "before.w").node().tape == 0);
}

TEST_CASE("own: a tensor is kept only where its setting is not 0, and the state holds no other") {
  const Parameter w = ones();
  Own own({{"w", w}});
  own.step();
  CHECK_FALSE(kept(own, "momentum.w").defined());
  own.set("mu", 0.5);
  CHECK(floats(kept(own, "momentum.w")) == std::vector<float>{0, 0});  // zeros, so that the state loads
  own.step();
  CHECK(floats(kept(own, "momentum.w")) == std::vector<float>{1, 1});
  Own other({{"w", w}});
  other.load_state(own.state());
  CHECK(other.get("mu") == 0.5);  // set() changed it
  CHECK(kept(other, "setting.mu").item() == 0.5);
  CHECK(floats(kept(other, "momentum.w")) == std::vector<float>{1, 1});
  own.set("mu", 0);
  own.step();
  CHECK_FALSE(kept(own, "momentum.w").defined());
}

TEST_CASE("own: an update that leaves something else is one sentence, and the parameter stays") {
  const Device cpu("cpu");  // the messages name it
  const Parameter w(Tensor::ones({2}, DType::f32, cpu));
  w.leaf().set_grad(Tensor::ones({2}, DType::f32, cpu));
  const auto said = [&w](Own::Change change) {
    Own own({{"w", w}}, change);
    const std::string text = message_of([&] { own.step(); });
    CHECK(floats(w.value()) == std::vector<float>{1, 1});
    CHECK_FALSE(kept(own, "before.w").defined());
    return text;
  };
  CHECK(said([](ParameterUpdate& p) { p.value = sum(p.value); }) ==
        "[Own] need an update of 'w' that leaves its value as f32 (2) on cpu, got f32 () on cpu");
  CHECK(said([](ParameterUpdate& p) { p.value = Tensor(); }) ==
        "[Own] need an update of 'w' that leaves its value, got an undefined tensor");
  CHECK(said([](ParameterUpdate& p) { p.state("before") = cast(p.value, DType::f64); }) ==
        "[Own] need an update of 'w' that leaves its before as f32 (2) on cpu, got f64 (2) on cpu");
  CHECK(said([](ParameterUpdate& p) { p.state("befor"); }) ==
        "[Own] need a name of what it keeps for each parameter (before, momentum, count), got 'befor'");
  CHECK(said([](ParameterUpdate& p) { p.state("momentum"); }) ==
        "[Own] need mu other than 0 where 'momentum' is used, as it is not kept then");
  CHECK(said([](ParameterUpdate& p) { p.value = p["alpha"] * p.value; }) ==
        "[Own] need one of its settings (lr, mu, weight_decay), got 'alpha'");
  CHECK(said([](ParameterUpdate&) { fail<DataError>("[update] need luck"); }) == "[update] need luck");
}

TEST_CASE("settings: a name that is none, and a value outside its domain, are refused in every way in") {
  const Parameter w = ones();
  const auto with = [&w](std::vector<std::pair<std::string, double>> settings) {
    return message_of([&] { Adam(std::vector<ParameterGroup>{{.parameters = {{"w", w}}, .settings = settings}}); });
  };
  CHECK(with({{"beta3", 0.5}}) == "[Adam] need one of its settings (lr, beta1, beta2, eps, weight_decay), got 'beta3'");
  CHECK(with({{"beta1", 1}}) == "[Adam] need beta1 in [0, 1), got 1");
  CHECK(with({{"eps", -1}}) == "[Adam] need eps of at least 0, got -1");
  CHECK(message_of([&] { Adam({{"w", w}}, {.beta2 = NAN}); }) == "[Adam] need beta2 in [0, 1), got nan");
  CHECK(with({{"beta1", 0.5}, {"beta1", 0.5}}) == "[Adam] need one value for 'beta1' of a group, got 0.5 and 0.5");
  CHECK(message_of([&] {
          Adam(group_by_name({{"w", w}}, {{.pattern = "w", .lr = 0.1, .settings = {{"lr", 0.2}}}}));
        }) == "[Adam] need one value for 'lr' of a group, got 0.1 and 0.2");
  Adam adam({{"w", w}});
  CHECK(message_of([&] { adam.set("lr", INFINITY); }) == "[Adam] need lr of at least 0, got inf");
  CHECK(message_of([&] { adam.set("momentum", 0); }) ==
        "[Adam] need one of its settings (lr, beta1, beta2, eps, weight_decay), got 'momentum'");
  CHECK(message_of([&] { adam.set("beta1", 0, 1); }) == "[Adam] need a group below 1, got 1");
  CHECK(message_of([&] { adam.add_group({.parameters = {}, .lr = -2}); }) == "[Adam] need lr of at least 0, got -2");
  CHECK_THROWS_AS(adam.add_group({.parameters = {{"x", Parameter(Tensor::ones({1}))}, {"again", w}}}), UsageError);
  CHECK(adam.groups() == 1);  // nothing of a refused group stays
  adam.load_state(Adam({{"w", w}}).state());
  CHECK(adam.get("beta1") == 0.9);
}

TEST_CASE("settings: set_lr keeps the groups' ratio, or sets one group's rate") {
  const Parameter a = ones(), b = ones();
  Sgd sgd({{.parameters = {{"a", a}}}, {.parameters = {{"b", b}}, .lr = 0.25}}, {.lr = 0.5});
  sgd.set_lr_factor(0.5);
  sgd.set_lr(0.125);
  CHECK(sgd.lr() == 0.0625);
  CHECK(sgd.lr(1) == 0.03125);
  sgd.step();
  CHECK(floats(a.value())[0] == 1 - 0.0625f);
  CHECK(floats(b.value())[0] == 1 - 0.03125f);
  sgd.set_lr(2, 1);
  CHECK(sgd.get("lr", 0) == 0.125);
  CHECK(sgd.get("lr", 1) == 2);
  sgd.set_lr(0);
  CHECK(message_of([&] { sgd.set_lr(1); }) ==
        "[Sgd] need a rate above 0 of the first group, to which the others keep their ratio, got 0: set_lr(lr, group)");
  CHECK(message_of([&] { sgd.set_lr(1, 2); }) == "[Sgd] need a group below 2, got 2");
  Sgd alone({{"a", a}}, {.lr = 0});
  alone.set_lr(1);
  CHECK(alone.lr() == 1);
}

TEST_CASE("settings: names of what is kept must tell states apart") {
  class Bad : public Optimizer {
   public:
    Bad(const Parameter& w, std::vector<Setting> settings, std::vector<StateTensor> kept)
        : Optimizer("Bad", std::move(settings), std::move(kept), {{.parameters = {{"w", w}}}}) {}
    void update(ParameterUpdate&) override {}
  };
  const Parameter w = ones();
  CHECK(message_of([&] {
          Bad(w, {{"rate", 1}}, {"m"});
        }) == "[Bad] need a setting 'lr' among those of an optimizer, got rate");
  CHECK(message_of([&] {
          Bad(w, {{"lr", 1}}, {"a.b"});
        }) == "[Bad] need names without a dot, other than 'setting', for what it keeps, got 'a.b'");
  CHECK(message_of([&] {
          Bad(w, {{"lr", 1}}, {"m", "v", "m"});
        }) == "[Bad] need a name of its own for each tensor that it keeps, got 'm' twice");
  CHECK(message_of([&] { Bad(w, {{"lr", 1}}, {{"m", "mu"}}); }) == "[Bad] need one of its settings (lr), got 'mu'");
}
