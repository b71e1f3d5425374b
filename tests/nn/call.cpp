#include <doctest/doctest.h>

#include "core/base/scope.h"
#include "core/tape/tape.h"
#include "nn/attention.h"
#include "nn/gru.h"
#include "nn/linear.h"
#include "nn/lstm.h"
#include "ops/math/elementwise.h"
#include "ops/math/reduce.h"

using namespace grus;
using namespace grus::nn;

namespace {

/// Returns what a hook saw as text: "fc (2, 3) -> (2, 1)".
std::string text(const ModuleCall& call) {
  std::string line = call.path;
  for (const Tensor& x : call.inputs) line += " " + (x.defined() ? to_string(x.shape()) : "none");
  line += " ->";
  for (const Tensor& y : call.outputs) line += " " + to_string(y.shape());
  return line;
}

/// Returns the lines of one call of `module` with these arguments.
template <class M, class... Args>
std::vector<std::string> seen(M& module, const Args&... args) {
  std::vector<std::string> lines;
  const auto hook =
      module.add_hook({.before = {}, .after = [&](const ModuleCall& call) { lines.push_back(text(call)); }});
  module(args...);
  module.remove_hook(hook);
  module(args...);
  return lines;
}

class TwoLayers : public Module<TwoLayers> {
 public:
  explicit TwoLayers(bool registers) : first(child("first", Linear(3, 4))), second(4, 1) {
    if (registers) link_child("second", second);
  }
  Tensor forward(const Tensor& x) const { return second(tanh(first(x))); }
  Linear first, second;
};

/// A module that takes what is no tensor, moves it on, and returns nothing.
class Sink : public Module<Sink> {
 public:
  void forward(std::unique_ptr<int> number, const std::vector<Tensor>& all) const {
    sum = *number + static_cast<int>(all.size());
  }
  mutable int sum = 0;
};

}  // namespace

TEST_CASE("hook: it sees the tensors that go into a call and come out, until it is removed") {
  TwoLayers model(true);
  CHECK(seen(model, Tensor::zeros({2, 3})) ==
        std::vector<std::string>{"first (2, 3) -> (2, 4)", "second (2, 4) -> (2, 1)", " (2, 3) -> (2, 1)"});
}

TEST_CASE("hook: it sees inside structs of tensors, lists, and absent ones") {
  Gru gru({.input = 3, .hidden = 2});
  CHECK(seen(gru, Tensor::zeros({5, 1, 3})) == std::vector<std::string>{" (5, 1, 3) -> (5, 1, 2) (1, 1, 2)"});
  GruCell cell({.input = 3, .hidden = 2});
  CHECK(seen(cell, Tensor::zeros({1, 3}), Tensor()) == std::vector<std::string>{" (1, 3) none -> (1, 2)"});
  Lstm lstm({.input = 3, .hidden = 2});
  CHECK(seen(lstm, Tensor::zeros({5, 1, 3})) ==
        std::vector<std::string>{" (5, 1, 3) -> (5, 1, 2) (1, 1, 2) (1, 1, 2)"});
  Attention attention({.query = 2, .memory = 2});
  const PreparedMemory memory = attention.prepare(Tensor::zeros({4, 1, 2}));
  CHECK(seen(attention, Tensor::zeros({1, 2}), memory).back() == " (1, 2) -> (1, 2) (1, 4)");
}

TEST_CASE("hook: arguments are handed on as they came, and a call may return nothing") {
  Sink sink;
  std::string line;
  sink.add_hook({.before = {}, .after = [&](const ModuleCall& call) { line = text(call); }});
  sink(std::make_unique<int>(5), std::vector<Tensor>{Tensor::zeros({1}), Tensor::zeros({2})});
  CHECK(sink.sum == 7);
  CHECK(line == " (1) (2) ->");
}

TEST_CASE("hook: it may throw, before and after, and the scope is put back") {
  TwoLayers model(true);
  for (const bool before : {false, true}) {
    const auto stop = [](const ModuleCall& call) {
      if (std::string(call.path) == "second") fail<Error>("stopped at {}", call.path);
    };
    const auto hook = model.add_hook(before ? CallHook{stop, {}} : CallHook{{}, stop});
    CHECK_THROWS_WITH_AS(model(Tensor::zeros({2, 3})), "stopped at second", Error);
    CHECK(std::string(current_scope()) == "");
    model.remove_hook(hook);
  }
  CHECK(model(Tensor::zeros({2, 3})).shape() == Shape{2, 1});
}

TEST_CASE("hook: one may remove itself") {
  Linear layer(3, 1);
  int calls = 0;
  ModuleBase::Hook hook;
  hook = layer.add_hook({.before = [&](const ModuleCall&) { ++calls, layer.remove_hook(hook); }, .after = {}});
  layer(Tensor::zeros({2, 3}));
  layer(Tensor::zeros({2, 3}));
  CHECK(calls == 1);
}

TEST_CASE("misuse: a child that nobody registered is found when a tape records its call") {
  TwoLayers model(false);
  const Tensor x = Tensor::zeros({2, 3});
  CHECK(model(x).shape() == Shape{2, 1});  // inference goes on
  Tape tape;
  CHECK_THROWS_WITH_AS(
      model(x),
      "[Module] need child(\"name\", ...) for each module that forward of (anonymous namespace)::TwoLayers calls, got "
      "a "
      "grus::nn::Linear that nobody registered, with parameter 'weight' (1, 4); where that is meant, freeze it or call "
      "its forward()",
      UsageError);
  CHECK(Linear(3, 1)(x).shape() == Shape{2, 1});  // a root is registered nowhere, and needs not be
  model.second.freeze("*");
  CHECK(model(x).shape() == Shape{2, 1});
}

TEST_CASE("call: a module's products are in its precision, its children's in their own where they have one") {
  const float exact = 1 + 0x1p-7 + 0x1p-9, in_bf16 = 1 + 0x1p-7;  // bf16 has no number like the first
  TwoLayers model(true);
  for (const NamedParameter& p : model.named_parameters()) p.parameter.assign(Tensor::zeros(p.parameter.shape()));
  model.first.weight.assign(Tensor::from(std::vector<float>{exact, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}, {4, 3}));
  const Tensor x = Tensor::from({1.0f, 0.0f, 0.0f}, {1, 3});
  float first = 0;
  const auto hook = model.first.add_hook(
      {.before = {}, .after = [&](const ModuleCall& call) { first = call.outputs[0].to_vector<float>()[0]; }});
  const auto seen_by_first = [&] { return model(x), first; };
  CHECK(seen_by_first() == exact);
  model.set_precision(Precision::bf16);
  CHECK(seen_by_first() == in_bf16);
  CHECK(model.clone().first(x).to_vector<float>()[0] == exact);  // called by itself, it is in the caller's
  model.first.set_precision(Precision::f32);
  CHECK(seen_by_first() == exact);
  model.first.set_precision({});
  CHECK(seen_by_first() == in_bf16);
  model.first.remove_hook(hook);
}
