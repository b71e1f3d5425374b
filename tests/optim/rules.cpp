// Every optimizer by its equations: against golden steps (tests/golden/make_optimizers.py), its kernel against its
// update() in plain ops, and a resumed run against one that never stopped.
#include <map>
#include <memory>

#include "optim/adadelta.h"
#include "optim/adagrad.h"
#include "optim/adam.h"
#include "optim/average.h"
#include "optim/clip.h"
#include "optim/lamb.h"
#include "optim/lion.h"
#include "optim/nadam.h"
#include "optim/radam.h"
#include "optim/rmsprop.h"
#include "optim/sgd.h"
#include "tests/support/golden.h"
#include "tests/support/skip.h"

using namespace grus;
using namespace grus::optim;
using nn::Parameter;
using test::difference;
using test::GoldenCase;

namespace {

using Groups = std::vector<ParameterGroup>;

template <class Kind>
std::unique_ptr<Optimizer> make(const Groups& groups) {
  return std::make_unique<Kind>(groups);
}

const std::map<std::string, std::unique_ptr<Optimizer> (*)(const Groups&)> kinds{
    {"Adadelta", make<Adadelta>}, {"Adagrad", make<Adagrad>}, {"Adam", make<Adam>},   {"AdamW", make<AdamW>},
    {"Lamb", make<Lamb>},         {"Lion", make<Lion>},       {"NAdam", make<NAdam>}, {"RAdam", make<RAdam>},
    {"Rmsprop", make<Rmsprop>},   {"Sgd", make<Sgd>}};

std::vector<std::pair<std::string, double>> numbers_of(const nlohmann::json& settings) {
  std::vector<std::pair<std::string, double>> numbers;
  for (const auto& [name, value] : settings.items()) numbers.push_back({name, value.get<double>()});
  return numbers;
}

/// The two parameters of a case, with the settings of its group for b, and the optimizer of both.
struct Model {
  Model(const GoldenCase& c, DType dtype, const Device& device = default_device())
      : a(c.at("a/start", dtype).to(device)), b(c.at("b/start", dtype).to(device)) {
    nlohmann::json of_b = c.settings["settings"];
    if (c.settings.contains("group")) of_b.update(c.settings["group"]);
    optimizer =
        kinds.at(c.settings["kind"])({{.parameters = {{"a", a}}, .settings = numbers_of(c.settings["settings"])},
                                      {.parameters = {{"b", b}}, .settings = numbers_of(of_b)}});
  }
  void step(const GoldenCase& c, int64_t number, double scale = 1) {
    for (const auto& [name, p] : parameters())
      p.leaf().set_grad(c.at(name + "/gradients", p.value().dtype())[number].to(p.value().device()).clone());
    optimizer->step(scale);
  }
  Parameters parameters() const { return {{"a", a}, {"b", b}}; }
  std::vector<double> values() const {
    std::vector<double> all = test::values_of(a.value().to(Device("cpu")));
    const std::vector<double> more = test::values_of(b.value().to(Device("cpu")));
    all.insert(all.end(), more.begin(), more.end());
    return all;
  }

  Parameter a, b;
  std::unique_ptr<Optimizer> optimizer;
};

double largest_gap(const std::vector<double>& x, const std::vector<double>& y) {
  double most = 0;
  for (size_t i = 0; i < x.size(); ++i) most = std::max(most, std::abs(x[i] - y[i]));
  return most;
}

}  // namespace

TEST_CASE("golden: twenty steps of every optimizer, of groups with settings of their own too, equal PyTorch's") {
  std::map<std::string, int> seen;
  for (const GoldenCase& c : test::golden_cases("optimizers"))
    for (const DType dtype : {DType::f64, DType::f32}) {
      CAPTURE(c.name);
      Model model(c, dtype);
      const Tensor a = c.at("a/values"), b = c.at("b/values");
      for (int64_t step = 0; step < a.dim(0); ++step) {
        model.step(c, step);
        CHECK(difference(model.a.value(), a[step]) < (dtype == DType::f64 ? 1e-12 : 4e-6));
        CHECK(difference(model.b.value(), b[step]) < (dtype == DType::f64 ? 1e-12 : 4e-6));
      }
      CHECK(a.dim(0) == 20);
      ++seen[c.settings["kind"]];
    }
  CHECK(seen.size() == kinds.size());
}

TEST_CASE("optimizer: every kind's saved state goes on bit for bit, settings that set() changed too") {
  for (const GoldenCase& c : test::golden_cases("optimizers")) {
    CAPTURE(c.name);
    Model whole(c, DType::f32), first(c, DType::f32), second(c, DType::f32);
    for (int64_t step = 0; step < 8; ++step) {
      if (step == 2) {
        for (Model* model : {&whole, &first}) {
          model->optimizer->set_lr(0.3);
          model->optimizer->set("weight_decay", 0.2, 1);
        }
      }
      if (step == 4) {
        nn::NamedTensors saved;
        for (const auto& [name, tensor] : first.optimizer->state()) saved.push_back({name, tensor.clone()});
        second.a.assign(first.a.value());
        second.b.assign(first.b.value());
        second.optimizer->load_state(saved);
      }
      whole.step(c, step);
      (step < 4 ? first : second).step(c, step);
    }
    CHECK(whole.values() == second.values());
    CHECK(second.optimizer->steps() == 8);
  }
}

TEST_CASE("optimizer: the kernel of a backend and update() in plain ops agree, with scale, factor and average") {
  for (const GoldenCase& c : test::golden_cases("optimizers")) {
    if (!c.name.starts_with("group_")) continue;
    for (const Device& device : {Device("cpu"), Device("reference")})
      for (const bool on_device : {false, true}) {
        CAPTURE(c.name);
        Model fused(c, DType::f64, device), composed(c, DType::f64, device);
        composed.optimizer->set_fused(false);
        std::vector<std::vector<double>> averages;
        for (Model* model : {&fused, &composed}) {
          ExponentialMovingAverage average(model->parameters(), {.decay = 0.5});
          model->optimizer->attach(&average);
          for (int64_t step = 0; step < 10; ++step) {
            for (const auto& [name, p] : model->parameters())
              p.leaf().set_grad(c.at(name + "/gradients")[step].to(device).clone());
            if (on_device) model->optimizer->step(Tensor::full({}, step == 5 ? 0 : 0.7, DType::f64, device));
            else model->optimizer->step(0.7);
          }
          const SwapIn averaged(average);
          averages.push_back(model->values());
        }
        CHECK(largest_gap(fused.values(), composed.values()) < 1e-13);
        CHECK(largest_gap(averages[0], averages[1]) < 1e-13);
        CHECK(largest_gap(averages[0], fused.values()) > 1e-4);
      }
  }
}
