#include "page/step_page.h"

#include <doctest/doctest.h>

#include <limits>
#include <nlohmann/json.hpp>

#include "core/watch/profile.h"
#include "nn/gru.h"
#include "nn/linear.h"
#include "ops/base/checkpoint.h"
#include "ops/base/hook.h"
#include "ops/math/elementwise.h"
#include "ops/math/reduce.h"
#include "tests/support/folder.h"

using namespace grus;
using nlohmann::json;

namespace {

class Model : public nn::Module<Model> {
 public:
  explicit Model(Rng& rng)
      : gru(child("gru", nn::Gru({.input = 3, .hidden = 4}, rng))), output(child("output", nn::Linear(4, 2, rng))) {}
  Tensor forward(const Tensor& x) const { return output(gru(x).y); }
  nn::Gru gru;
  nn::Linear output;
};

/// Returns the data within the page that `write` leaves.
template <class Write>
json page_data(Write write) {
  const test::Folder folder;
  write(folder.path("step.html"));
  const std::string page = test::bytes_of(folder.path("step.html")), start = "const DATA = ";
  const size_t begin = page.find(start) + start.size();
  return json::parse(page.substr(begin, page.find(";\n", begin) - begin));
}

/// Returns the first item of that op or kind, looked for in modules, folds and twins.
json find(const json& items, const std::string& name) {
  for (const json& item : items) {
    if (item.value("op", "") == name || item["kind"] == name) return item;
    for (const char* inside : {"items", "twin"})
      if (item.contains(inside))
        if (const json found = find(item[inside], name); !found.is_null()) return found;
  }
  return {};
}

json watched_step(Tensor x) {
  Rng rng(1);
  Model model(rng);
  const Profile profile;
  const StepPage step;
  Tape tape;
  tape.backward(sum(square(model(x))));
  return page_data([&](const auto& path) { step.write_html(path, model.named_parameters()); });
}

}  // namespace

TEST_CASE("step page: ops stand in their modules, with shapes, times and the names of parameters") {
  const json data = watched_step(Tensor::ones({6, 2, 3}));
  const json gru = find(data["items"], "gru");
  REQUIRE(gru.is_object());
  CHECK(gru["scope"] == "gru");
  CHECK(gru["forward"].get<int64_t>() > 0);
  CHECK(gru["backward"].get<int64_t>() > 0);
  const std::string weight = std::to_string(gru["args"][1].get<int>());
  CHECK(data["values"][weight]["parameter"] == "gru.weight_ih_l0");
  CHECK(data["values"][weight]["shape"] == "(12, 3)");
  CHECK(data["values"][weight].contains("gradient"));
  CHECK(data["items"].back()["op"] == "sum");
}

TEST_CASE("step page: values have their range, mean and number of NaN, and so do their gradients") {
  const Ref<Leaf> w = Leaf::create(Tensor::from<double>({1, 2, 6, std::numeric_limits<double>::quiet_NaN()}, {4}));
  const StepPage step;
  Tape tape;
  tape.backward(sum(square(w->tensor())));
  const json data = page_data([&](const auto& path) { step.write_html(path); });
  const json square = find(data["items"], "square");
  CHECK(data["values"][std::to_string(square["args"][0].get<int>())]["value"] == json{1.0, 6.0, 3.0, 1});
  CHECK(data["values"][std::to_string(square["outs"][0].get<int>())]["gradient"] == json{1.0, 1.0, 1.0, 0});
}

TEST_CASE("step page: a fused op holds its twin, whose time steps are folded and whose values are its own") {
  const json data = watched_step(Tensor::ones({6, 2, 3}));
  const json gru = find(data["items"], "gru");
  REQUIRE(gru.contains("twin"));
  const json fold = find(gru["twin"], "fold");
  REQUIRE(fold.is_object());
  CHECK(fold["times"].get<int>() >= 4);
  std::vector<int> made;
  for (const json& item : gru["twin"])
    if (item.contains("outs"))
      for (const json& v : item["outs"]) made.push_back(v.get<int>());
  CHECK(std::find(made.begin(), made.end(), gru["outs"][0].get<int>()) != made.end());
  CHECK_FALSE(find(data["items"], "square").contains("twin"));
}

TEST_CASE("step page: the step is what it would be unwatched") {
  const auto gradient = [](bool watched) {
    Rng rng(1);
    Model model(rng);
    std::optional<StepPage> page;
    if (watched) page.emplace();
    Tape tape;
    tape.backward(sum(square(model(Tensor::ones({6, 2, 3})))));
    return model.gru.named_parameters()[0].parameter.grad().to_vector<float>();
  };
  CHECK(gradient(true) == gradient(false));
}

TEST_CASE("step page: a checkpoint is shown with what it computes again, and hooks run once") {
  const Ref<Leaf> w = Leaf::create(Tensor::ones({4}));
  int calls = 0;
  const StepPage step;
  Tape tape;
  const Tensor x = on_gradient(square(w->tensor()), [&](const Tensor&) {
    ++calls;
    return Tensor();
  });
  tape.backward(sum(checkpoint([](std::span<const Tensor> xs) { return tanh(xs[0]); }, {x})));
  const json data = page_data([&](const auto& path) { step.write_html(path); });
  CHECK(calls == 1);
  CHECK(find(data["items"], "on_gradient").is_object());
  CHECK(find(find(data["items"], "checkpoint")["twin"], "tanh").is_object());
}

TEST_CASE("step page: a tape that nobody watched is shown without statistics") {
  const Ref<Leaf> w = Leaf::create(Tensor::ones({4}));
  Tape tape;
  sum(square(w->tensor()));
  const json data = page_data([&](const auto& path) { write_tape_html(tape, path); });
  CHECK(data["records"] == 2);
  CHECK(data["items"].size() == 2);
  CHECK_FALSE(data["values"].begin()->contains("value"));
}
