#include "optim/optimizer.h"

#include <limits>
#include <optional>

#include "nn/linear.h"
#include "ops/math/reduce.h"
#include "optim/adadelta.h"
#include "optim/adam.h"
#include "optim/average.h"
#include "optim/clip.h"
#include "optim/sgd.h"
#include "tests/support/golden.h"

using namespace grus;
using namespace grus::optim;
using nn::Parameter;
using test::difference;
using test::GoldenCase;

namespace {

std::unique_ptr<Optimizer> make(const GoldenCase& c, const Parameters& parameters) {
  const auto& s = c.settings;
  const double lr = s["lr"], decay = s.value("weight_decay", 0.0);
  const double beta1 = s.contains("betas") ? s["betas"][0].get<double>() : 0.9;
  const double beta2 = s.contains("betas") ? s["betas"][1].get<double>() : 0.999;
  if (c.name.starts_with("sgd"))
    return std::make_unique<Sgd>(parameters, SgdOptions{.lr = lr,
                                                        .momentum = s.value("momentum", 0.0),
                                                        .nesterov = s.value("nesterov", false),
                                                        .weight_decay = decay});
  if (c.name == "adamw") return std::make_unique<AdamW>(parameters, AdamWOptions{.lr = lr, .weight_decay = decay});
  if (c.name == "adadelta")
    return std::make_unique<Adadelta>(parameters, AdadeltaOptions{.lr = lr, .rho = s["rho"], .eps = s["eps"]});
  return std::make_unique<Adam>(
      parameters,
      AdamOptions{.lr = lr, .beta1 = beta1, .beta2 = beta2, .eps = s.value("eps", 1e-8), .weight_decay = decay});
}

std::vector<float> floats(const Parameter& p) { return p.value().to_vector<float>(); }

}  // namespace

TEST_CASE("golden: ten steps of each optimizer equal PyTorch's") {
  for (const GoldenCase& c : test::golden_cases("optimizer")) {
    CAPTURE(c.name);
    for (const DType dtype : {DType::f64, DType::f32}) {
      const Tensor gradients = c.at("gradients", dtype), values = c.at("values");
      const Parameter w(c.at("start", dtype));
      const auto optimizer = make(c, {{"w", w}});
      for (int64_t step = 0; step < gradients.dim(0); ++step) {
        w.leaf().set_grad(gradients[step].clone());
        optimizer->step();
        CHECK(difference(w.value(), values[step]) < (dtype == DType::f64 ? 1e-12 : 2e-6));
      }
    }
  }
}

TEST_CASE("optimizer: a saved state goes on bit for bit") {
  for (const GoldenCase& c : test::golden_cases("optimizer")) {
    CAPTURE(c.name);
    const Tensor gradients = c.at("gradients", DType::f32);
    const Parameter whole(c.at("start", DType::f32)), first(whole.value().clone());
    const auto one = make(c, {{"w", whole}}), before = make(c, {{"w", first}});
    nn::NamedTensors saved;
    Parameter second;
    std::unique_ptr<Optimizer> after;
    for (int64_t step = 0; step < 6; ++step) {
      whole.leaf().set_grad(gradients[step].clone());
      one->step();
      if (step == 3) {
        for (const auto& [name, tensor] : before->state()) saved.push_back({name, tensor.clone()});
        second = Parameter(first.value().clone());
        after = make(c, {{"w", second}});
        after->load_state(saved);
      }
      (step < 3 ? first : second).leaf().set_grad(gradients[step].clone());
      (step < 3 ? before : after)->step();
    }
    CHECK(floats(whole) == floats(second));
    CHECK(after->steps() == 6);
  }
}

TEST_CASE("optimizer: a state that does not fit is refused and changes nothing") {
  const Parameter w(Tensor::ones({2}));
  Adam adam({{"w", w}});
  CHECK_THROWS_AS(adam.load_state({}), DataError);
  const Tensor one = Tensor::from(std::vector<int64_t>{1});
  CHECK_THROWS_AS(adam.load_state({{"steps", one}, {"updates", one}}), DataError);
  const nn::NamedTensors misshapen{
      {"first.w", Tensor::ones({3})}, {"second.w", Tensor::ones({2})}, {"steps", one}, {"updates", one}};
  CHECK_THROWS_AS(adam.load_state(misshapen), DataError);
  const nn::NamedTensors unknown{{"first.w", Tensor::ones({2})},
                                 {"second.w", Tensor::ones({2})},
                                 {"first.x", one},
                                 {"steps", one},
                                 {"updates", one}};
  CHECK_THROWS_AS(adam.load_state(unknown), DataError);
  CHECK(adam.steps() == 0);
}

TEST_CASE("optimizer: a tensor that became a parameter is not written through other handles") {
  const Tensor mine = Tensor::ones({2});
  const Parameter p(mine);
  p.leaf().set_grad(Tensor::ones({2}));
  Sgd({{"p", p}}, {.lr = 1}).step();
  CHECK(floats(p)[0] == 0);
  CHECK(mine.to_vector<float>()[0] == 1);
}

TEST_CASE("optimizer: parameters without a gradient, and frozen ones, stay") {
  const Parameter without(Tensor::ones({2})), still(Tensor::ones({2}));
  Parameter frozen = still;
  frozen.set_requires_grad(false);
  frozen.leaf().set_grad(Tensor::ones({2}));
  Sgd sgd({{"without", without}, {"frozen", frozen}}, {.lr = 1});
  sgd.step();
  CHECK(floats(without) == std::vector<float>{1, 1});
  CHECK(floats(frozen) == std::vector<float>{1, 1});
}

TEST_CASE("optimizer: groups have their own learning rate and decay, and each parameter is in one") {
  const Parameter a(Tensor::ones({1})), b(Tensor::ones({1}));
  a.leaf().set_grad(Tensor::ones({1}));
  b.leaf().set_grad(Tensor::ones({1}));
  Sgd sgd(std::vector<ParameterGroup>{{.parameters = {{"a", a}}},
                                      {.parameters = {{"b", b}}, .lr = 0.5, .weight_decay = 1.0}},
          {.lr = 0.25});
  sgd.set_lr_factor(0.5);
  sgd.step();
  CHECK(floats(a)[0] == doctest::Approx(1 - 0.125));
  CHECK(floats(b)[0] == doctest::Approx(1 - 0.25 * 2));
  sgd.set_lr(2);  // sets the first group's rate, twice that of the second
  sgd.step();
  CHECK(floats(a)[0] == doctest::Approx(1 - 0.125 - 1));
  CHECK(sgd.lr(1) == 2);
  CHECK_THROWS_AS(sgd.set_lr(-1), UsageError);
  CHECK_THROWS_AS(sgd.add_group({.parameters = {{"again", a}}}), UsageError);
  CHECK_THROWS_AS(Sgd(Parameters{}), UsageError);
  CHECK_THROWS_AS(Sgd({{"a", a}}, {.lr = -1}), UsageError);
  CHECK_THROWS_AS(Sgd({{"a", a}}, {.nesterov = true}), UsageError);
}

TEST_CASE("optimizer: groups are made by name, the first pattern that matches wins, the rest keeps the optimizer's") {
  const Parameter a(Tensor::ones({1})), b(Tensor::ones({1})), c(Tensor::ones({1}));
  const Parameters all{{"encoder.weight", a}, {"encoder.bias", b}, {"output.weight", c}};
  for (const Parameter& p : {a, b, c}) p.leaf().set_grad(Tensor::ones({1}));
  const std::vector<ParameterGroup> groups =
      group_by_name(all, {{.pattern = "*.bias", .lr = 0.5}, {.pattern = "encoder.*", .lr = 0.125}});
  Sgd(groups, {.lr = 0.25}).step();
  CHECK(floats(a)[0] == 1 - 0.125f);
  CHECK(floats(b)[0] == 1 - 0.5f);
  CHECK(floats(c)[0] == 1 - 0.25f);
  CHECK(group_by_name(all, {{.pattern = "*"}}).size() == 1);
  CHECK_THROWS_WITH_AS(group_by_name(all, {{.pattern = "*"}, {.pattern = "decoder.*"}}),
                       "[group_by_name] need a pattern that matches a parameter no earlier one took, got 'decoder.*'",
                       UsageError);
}

TEST_CASE("optimizer: changing a parameter between forward and backward is an error") {
  nn::Linear layer(2, 1);
  Tape tape;
  const Tensor x = tape.watch(Tensor::ones({1, 2}));
  const Tensor loss = sum(layer(x));
  layer.weight.leaf().set_grad(Tensor::ones({1, 2}));
  Sgd(layer.named_parameters()).step();
  CHECK_THROWS_WITH_AS(tape.backward(loss),
                       "[linear] a parameter of shape (1, 2) that backward needs was changed since the forward pass",
                       UsageError);
}

TEST_CASE("misuse: zero_grad() forgotten between two steps is an error; adding up before a step is not") {
  const Parameter w(Tensor::ones({2}));
  Sgd sgd({{"w", w}}, {.lr = 1});
  const auto backward = [&w] {
    Tape tape;
    tape.backward(sum(w.tensor()));
  };
  backward();
  backward();
  sgd.step(0.5);
  CHECK(floats(w) == std::vector<float>{0, 0});
  backward();
  CHECK_THROWS_WITH_AS(sgd.step(),
                       "[Sgd] need zero_grad() between a step and the next backward, got a gradient of 'w' that was "
                       "added to one that a step had used; where that is meant: allow_stale_gradients()",
                       UsageError);
  CHECK(floats(w) == std::vector<float>{0, 0});
  sgd.zero_grad();
  backward();
  sgd.step();
  CHECK(floats(w) == std::vector<float>{-1, -1});
  backward();
  sgd.allow_stale_gradients();
  sgd.step();
  CHECK(floats(w) == std::vector<float>{-3, -3});
}

TEST_CASE("clipping: the norm is that of all gradients, and a step with the scale equals scaling in place") {
  const auto make_parameters = [] {
    Parameters all{{"a", Parameter(Tensor::ones({2}))},
                   {"b", Parameter(Tensor::ones({1}, DType::f64))},
                   {"none", Parameter(Tensor::ones({1}))}};
    all[0].parameter.leaf().set_grad(Tensor::from({2.0f, 3.0f}, {2}));
    all[1].parameter.leaf().set_grad(Tensor::from({6.0}, {1}));
    return all;
  };
  const Parameters in_place = make_parameters(), handed_on = make_parameters();
  const ClipResult clipped = clip_grad_norm(in_place, 3.5), measured = clip_scale(handed_on, 3.5);
  CHECK(clipped.norm == doctest::Approx(7));
  CHECK(clipped.scale == doctest::Approx(0.5));
  CHECK(in_place[0].parameter.grad().to_vector<float>()[1] == doctest::Approx(1.5));
  CHECK(in_place[1].parameter.grad().item() == doctest::Approx(3));
  CHECK(handed_on[1].parameter.grad().item() == 6);
  Sgd(in_place).step();
  Sgd(handed_on).step(measured.scale);
  CHECK(floats(in_place[0].parameter) == floats(handed_on[0].parameter));
  CHECK(clip_grad_norm(make_parameters(), 100).scale == 1);
}

TEST_CASE("clipping: where a scale on the device is NaN, no value, state or average changes") {
  for (const bool fused : {true, false}) {
    const Parameter w(Tensor::ones({3}));
    const Parameters all{{"w", w}};
    Adam adam(all);
    ExponentialMovingAverage average(all, {.decay = 0.5});
    adam.attach(&average);
    adam.set_fused(fused);
    const auto step = [&](double scale) {
      w.leaf().set_grad(Tensor::ones({3}));
      adam.step(Tensor::full({}, scale));
      adam.zero_grad();
    };
    step(1);
    const auto kept = [&] {
      std::vector<std::vector<std::byte>> bytes{w.value().to_bytes(), average.state()[0].tensor.to_bytes()};
      for (const nn::NamedTensor& entry : adam.state())
        if (entry.name.ends_with(".w")) bytes.push_back(entry.tensor.to_bytes());
      return bytes;
    };
    const auto before = kept();
    step(std::numeric_limits<double>::quiet_NaN());
    CHECK(kept() == before);
    CHECK(adam.steps() == 2);
  }
}

TEST_CASE("clipping: a scale that stays on the device clips alike, and is 0 for a norm that is not finite") {
  const auto stepped = [](std::vector<float> gradient, auto scale_of) {
    Parameters all{{"w", Parameter(Tensor::ones({2}))}};
    all[0].parameter.leaf().set_grad(Tensor::from(gradient, {2}));
    Adam adam(all);
    adam.step(scale_of(all));
    const nn::NamedTensors state = adam.state();
    const Tensor* first = nn::find(state, "first.w");
    return std::pair(floats(all[0].parameter), first->to_vector<float>());
  };
  const auto on_device = [](const Parameters& all) { return clip_scale(grad_norm(all), 2.5); };
  const auto on_host = [](const Parameters& all) { return clip_scale(all, 2.5).scale; };
  CHECK(stepped({3, 4}, on_device).second[1] == doctest::Approx(stepped({3, 4}, on_host).second[1]));
  CHECK(stepped({0.3f, 0.4f}, on_device) == stepped({0.3f, 0.4f}, [](const Parameters&) { return 1.0; }));
  for (const float bad : {std::nanf(""), std::numeric_limits<float>::infinity()})
    CHECK(stepped({bad, 4}, on_device) == std::pair(std::vector<float>{1, 1}, std::vector<float>{0, 0}));
  const double none = std::numeric_limits<double>::infinity();
  CHECK(clip_scale(Tensor::full({}, 1e30), none).item() == 1);
  CHECK(clip_scale(Tensor::full({}, none), none).item() == 0);
  CHECK_THROWS_WITH_AS(clip_scale(Tensor::ones({2}), 1), "[clip_scale] need a norm of one element, got shape (2)",
                       ShapeError);
  CHECK_THROWS_WITH_AS(clip_scale(Tensor::ones({}), 0), "[clip_scale] need a largest norm above 0, got 0", UsageError);
  Sgd sgd({{"w", Parameter(Tensor::ones({2}))}});
  CHECK_THROWS_WITH_AS(sgd.step(Tensor::ones({2})), "[Sgd] need a scale of one element, got shape (2)", ShapeError);
  CHECK_THROWS_AS(sgd.step(Tensor::ones({}, DType::f64)), DtypeError);
}

TEST_CASE("clipping: a norm becomes NaN where the loss or the norm before is not finite, and stays elsewhere") {
  constexpr double inf = std::numeric_limits<double>::infinity(), nan = std::numeric_limits<double>::quiet_NaN();
  const auto tainted = [](double norm, double loss, std::optional<double> before) {
    Tensor all = Tensor::full({}, norm);
    taint_norm(all, Tensor::full({1}, loss), before ? Tensor::full({}, *before) : Tensor());
    return all.item();
  };
  CHECK(tainted(0.3, -2, {}) == static_cast<double>(0.3f));
  CHECK(tainted(0.3, 7, 9) == static_cast<double>(0.3f));
  for (const double bad : {inf, -inf, nan}) {
    CHECK(std::isnan(tainted(0.3, bad, {})));
    CHECK(std::isnan(tainted(0.3, bad, 1)));
    CHECK(std::isnan(tainted(0.3, 1, bad)));
    CHECK_FALSE(std::isfinite(tainted(bad, 1, 1)));
  }
  Tensor norm = Tensor::ones({});
  CHECK_THROWS_AS(taint_norm(norm, Tensor::ones({2})), ShapeError);
  CHECK_THROWS_AS(taint_norm(norm, Tensor::ones({}, DType::f64)), DtypeError);
}

TEST_CASE("clipping: a gradient that is not finite is an error that names it, or a flag") {
  const Parameters parameters{{"fine", Parameter(Tensor::ones({1}))}, {"encoder.weight", Parameter(Tensor::ones({2}))}};
  parameters[0].parameter.leaf().set_grad(Tensor::ones({1}));
  parameters[1].parameter.leaf().set_grad(Tensor::from({1.0f, std::nanf("")}, {2}));
  CHECK_THROWS_WITH_AS(clip_grad_norm(parameters, 1),
                       "[clip_grad_norm] need finite gradients, got NaN in that of encoder.weight", Error);
  CHECK_THROWS_WITH_AS(clip_scale(parameters, 1),
                       "[clip_scale] need finite gradients, got NaN in that of encoder.weight", Error);
  CHECK_THROWS_WITH_AS(clip_scale(parameters, 0), "[clip_scale] need a largest norm above 0, got 0", UsageError);
  CHECK_THROWS_WITH_AS(clip_grad_norm(parameters, 0), "[clip_grad_norm] need a largest norm above 0, got 0",
                       UsageError);
  const ClipResult result = clip_grad_norm(parameters, 1, NonFinite::flag);
  CHECK_FALSE(result.finite);
  CHECK(result.scale == 0);
  CHECK(parameters[0].parameter.grad().item() == 1);
}

TEST_CASE("clipping: by value, and a gradient that somebody else holds is left alone") {
  const Parameter p(Tensor::ones({3}));
  p.leaf().set_grad(Tensor::from({-5.0f, 0.5f, 7.0f}, {3}));
  const Tensor held = p.grad();
  clip_grad_value({{"p", p}}, 1);
  CHECK(p.grad().to_vector<float>() == std::vector<float>{-1, 0.5f, 1});
  CHECK(held.to_vector<float>() == std::vector<float>{-5, 0.5f, 7});
}

TEST_CASE("average: inside the optimizer's step it is what the formula says, and equals a separate pass") {
  const Parameter a(Tensor::full({3}, 2)), b(Tensor::full({3}, 2));
  const Parameter idle(Tensor::full({1}, 5));
  Sgd with({{"w", a}, {"idle", idle}}, {.lr = 1}), apart({{"w", b}}, {.lr = 1});
  ExponentialMovingAverage inside({{"w", a}, {"idle", idle}}, {.decay = 0.5}), outside({{"w", b}}, {.decay = 0.5});
  with.attach(&inside);
  idle.assign(Tensor::full({1}, 3));
  double value = 2, average = 2, idle_average = 5;
  for (int t = 1; t <= 10; ++t) {
    a.leaf().set_grad(Tensor::ones({3}));
    b.leaf().set_grad(Tensor::ones({3}));
    with.step();
    apart.step();
    outside.update();
    value -= 1;
    const double decay = std::min(0.5, (1.0 + t) / (10.0 + t));
    average += (1 - decay) * (value - average);
    idle_average += (1 - decay) * (3 - idle_average);
  }
  CHECK(inside.state()[0].tensor.to_vector<float>()[2] == doctest::Approx(average));
  CHECK(inside.state()[1].tensor.item() == doctest::Approx(idle_average));
  CHECK(outside.state()[0].tensor.to_vector<float>() == inside.state()[0].tensor.to_vector<float>());
}

TEST_CASE("average: it is swapped in for a scope only, keeps the gradient, and no step is taken then") {
  const Parameter p(Tensor::full({1}, 4));
  Sgd sgd({{"p", p}}, {.lr = 1});
  ExponentialMovingAverage average({{"p", p}});
  sgd.attach(&average);
  p.assign(Tensor::full({1}, 9));
  p.leaf().set_grad(Tensor::ones({1}));
  {
    const SwapIn averaged(average);
    CHECK(p.value().item() == 4);
    CHECK_THROWS_AS(sgd.step(), UsageError);
  }
  CHECK(p.value().item() == 9);
  CHECK(p.grad().item() == 1);
}

TEST_CASE("average: its state goes into another one") {
  const Parameter p(Tensor::full({1}, 4));
  ExponentialMovingAverage first({{"p", p}}), second({{"p", p}});
  p.assign(Tensor::zeros({1}));
  first.update();
  second.load_state(first.state());
  first.update();
  second.update();
  CHECK(first.state()[0].tensor.item() == second.state()[0].tensor.item());
  CHECK(second.updates() == 2);
  CHECK_THROWS_AS(second.load_state({{"p", Tensor::ones({2})}, {"updates", Tensor::from(std::vector<int64_t>{1})}}),
                  DataError);
}
