// Modules and parameters that are moved, replaced, or registered nowhere.
#include <doctest/doctest.h>

#include <thread>

#include "nn/dropout.h"
#include "nn/gru.h"
#include "nn/linear.h"
#include "nn/lstm.h"
#include "nn/rnn.h"
#include "ops/math/elementwise.h"
#include "ops/math/reduce.h"
#include "tests/nn/gradients.h"
#include "tests/support/tensors.h"

using namespace grus;
using namespace grus::nn;
using test::all_have_gradients;
using test::message_of;

namespace {

class Classifier : public Module<Classifier> {
 public:
  Classifier() : body(child("body", Linear(3, 4))), head(child("head", Linear(4, 2))) {}
  Tensor forward(const Tensor& x) const { return head(tanh(body(x))); }
  Linear body, head;
};

/// A module whose child has children.
class Twice : public Module<Twice> {
 public:
  Twice() : first(child("first", Classifier())), second(child("second", Classifier())) {}
  Tensor forward(const Tensor& x) const { return first(x) + second(x); }
  Classifier first, second;
};

class Forgotten : public Module<Forgotten> {
 public:
  Tensor forward(const Tensor& x) const { return x * scale; }
  Parameter scale{Tensor::full({1}, 2)};
};

class Forgetful : public Module<Forgetful> {
 public:
  Tensor forward(const Tensor& x) const { return x * scale.leaf().tensor(); }
  Parameter scale{Tensor::full({1}, 2)};
};

}  // namespace

// A copy would go around what a module registered; a list of parameters is not a module.
static_assert(!std::is_copy_assignable_v<Parameter> && std::is_copy_constructible_v<Parameter>);
static_assert(!std::is_copy_assignable_v<Buffer> && !std::is_copy_assignable_v<Linear>);
static_assert(std::is_copy_assignable_v<NamedParameter> && std::is_nothrow_move_constructible_v<Parameter>);

TEST_CASE("ownership: a module put in the place of a child is the child, with its names") {
  Classifier model;
  model.eval();
  model.head = Linear(4, 7);
  CHECK(model.parameter_count() == 3 * 4 + 4 + 4 * 7 + 7);
  CHECK(find(model.state_dict(), "head.weight")->shape() == Shape{7, 4});
  CHECK(std::string(model.head.path()) == "head");
  CHECK(model.children_names() == std::vector<std::string>{"body", "head"});
  {
    Tape tape;
    tape.backward(sum(model(Tensor::ones({5, 3}))));
  }
  CHECK(all_have_gradients(model.named_parameters()));
  CHECK(model.clone()(Tensor::ones({5, 3})).shape() == Shape{5, 7});
}

TEST_CASE("ownership: a module with children is put in the place of another, as a child and as a root") {
  Twice model;
  model.second = Classifier();
  CHECK(std::string(model.second.head.path()) == "second.head");
  model = Twice();
  CHECK(std::string(model.second.head.path()) == "second.head");
  model.first.head = Linear(4, 2);
  CHECK(model.named_parameters().size() == 8);
  Tape tape;
  tape.backward(sum(model(Tensor::ones({5, 3}))));
  CHECK(all_have_gradients(model.named_parameters()));
  CHECK(all_have_gradients(model.first.head.named_parameters()));
}

TEST_CASE("ownership: another parameter in the place of a module's is one sentence, in a list it is not") {
  Linear model(3, 4);
  CHECK(message_of([&] {
          model.weight = Parameter(Tensor::ones({4, 3}));
        }) ==
        "[Parameter] need tie() for two names of one parameter or assign() for other values, got another in the place "
        "of a module's parameter (4, 3)");
  CHECK_THROWS_AS(model.bias = Parameter(), UsageError);
  Parameters list = model.named_parameters();
  list.insert(list.begin(), Classifier().named_parameters()[2]);
  std::swap(list.front(), list.back());
  CHECK(list.front().name == "bias");
  CHECK(list.front().parameter.identity() == model.bias.identity());
  std::vector<Parameter> handles{model.weight, model.bias};
  handles.erase(handles.begin());
  CHECK(handles[0].identity() == model.bias.identity());
  CHECK(model.weight.dim(1) == 3);
}

TEST_CASE("ownership: the clone of a child is nobody's child") {
  const Classifier model;
  const Linear copy = model.head.clone();
  CHECK(std::string(copy.path()).empty());
  CHECK(copy.weight.identity() != model.head.weight.identity());
  Classifier other;
  other.head = model.head.clone();
  CHECK(std::string(other.head.path()) == "head");
  CHECK(other.named_parameters()[2].parameter.identity() == other.head.weight.identity());
}

TEST_CASE("ownership: layers of several cells are replaced as a whole") {
  class Layers : public Module<Layers> {
   public:
    Layers() : gru(child("gru", Gru({.input = 2, .hidden = 3}))) {}
    Gru gru;
  };
  Layers model;
  model.gru = Gru({.input = 2, .hidden = 5, .layers = 2});
  CHECK(find(model.state_dict(), "gru.weight_hh_l1")->shape() == Shape{15, 5});
  CHECK(model.gru.cell(1).weight_hh.identity() == model.named_parameters()[5].parameter.identity());
}

TEST_CASE("ownership: a module that was moved from says so") {
  const std::string moved_from = "[Module] need a module, got one that was moved from, or copied without clone()";
  Linear linear(3, 2);
  const Linear kept = std::move(linear);
  const Tensor x = Tensor::ones({4, 3});
  CHECK(message_of([&] { linear(x); }) == moved_from);
  CHECK(message_of([&] { linear.named_parameters(); }) == moved_from);
  CHECK(message_of([&] { linear.eval(); }) == moved_from);
  CHECK(message_of([&] { linear.clone(); }) == moved_from);
  CHECK(message_of([&] { linear.forward(x); }).starts_with("[linear] need"));
  linear = Linear(3, 2);
  CHECK(linear(x).shape() == Shape{4, 2});

  Gru gru({.input = 3, .hidden = 2});
  const Gru kept_gru = std::move(gru);
  CHECK(message_of([&] { gru(Tensor::ones({4, 1, 3})); }) == moved_from);
  CHECK(message_of([&] { gru.forward(Tensor::ones({4, 1, 3})); }) == moved_from);
  CHECK(message_of([&] { gru.cell(0); }) == moved_from);
  GruCell cell({.input = 3, .hidden = 2});
  const GruCell kept_cell = std::move(cell);
  CHECK(message_of([&] { cell.forward(x); }) != "");
  Classifier model;
  const Classifier kept_model = std::move(model);
  CHECK(message_of([&] { model.forward(x); }) == moved_from);
}

TEST_CASE("ownership: a parameter that no module registered is found when a tape records its use") {
  const Forgotten model;
  const Tensor x = Tensor::ones({3});
  CHECK(model(x).to_vector<float>()[0] == 2);  // inference goes on
  Tape tape;
  CHECK(message_of([&] { model(x); }) ==
        "[Parameter] need param(\"name\", ...) for what forward of (anonymous namespace)::Forgotten trains, got a "
        "parameter (1) that no module registered; where that is meant, freeze it or use its leaf().tensor()");
  CHECK((x * model.scale).node().tape != 0);  // outside of modules there is nothing to register it with
  CHECK(Forgetful()(x).node().tape != 0);
  model.scale.set_requires_grad(false);
  CHECK(model(x).to_vector<float>()[0] == 2);
}

TEST_CASE("recurrent: dropout between layers needs two of them") {
  CHECK(message_of([] { Gru({.input = 3, .hidden = 4, .dropout = 0.5}); }) ==
        "[Gru] need at least 2 layers for a dropout between them, got 1 with a dropout of 0.5");
  CHECK_THROWS_AS(Lstm({.input = 3, .hidden = 4, .dropout = 0.5}), UsageError);
  CHECK_THROWS_AS(Rnn({.input = 3, .hidden = 4, .dropout = 0.5, .bidirectional = true}), UsageError);
}
