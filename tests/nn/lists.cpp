// Modules in lists: vectors that are children, Sequential, and what a braced list copies.
#include <doctest/doctest.h>

#include "nn/dropout.h"
#include "nn/gru.h"
#include "nn/init.h"
#include "nn/linear.h"
#include "nn/sequential.h"
#include "ops/gradcheck.h"
#include "ops/math/dropout.h"
#include "ops/math/reduce.h"
#include "tests/nn/gradients.h"
#include "tests/support/tensors.h"

using namespace grus;
using namespace grus::nn;
using test::all_have_gradients;
using test::message_of;

namespace {

class Tower : public Module<Tower> {
 public:
  explicit Tower(std::vector<Linear> of) : layers(child("layers", std::move(of))) {}
  Tensor forward(const Tensor& x) const {
    Tensor y = x;
    for (const Linear& layer : layers) y = tanh(layer(y));
    return y;
  }
  std::vector<Linear> layers;
};

Tower tower() { return Tower(std::vector<Linear>{Linear(3, 4), Linear(4, 2)}); }

std::vector<std::string> names_of(const Parameters& parameters) {
  std::vector<std::string> names;
  for (const NamedParameter& p : parameters) names.push_back(p.name);
  return names;
}

}  // namespace

TEST_CASE("lists: a vector of modules written in braces is a child, each module under its number") {
  Tower model = tower();
  CHECK(names_of(model.named_parameters()) ==
        std::vector<std::string>{"layers.0.weight", "layers.0.bias", "layers.1.weight", "layers.1.bias"});
  CHECK(std::string(model.layers[1].path()) == "layers.1");
  CHECK(model.children_names() == std::vector<std::string>{"layers"});
  model.eval();
  CHECK_FALSE(model.layers[0].is_training());
  model.to(DType::f64);
  CHECK(model.layers[1].weight.value().dtype() == DType::f64);
  Tape tape;
  tape.backward(sum(model(Tensor::ones({5, 3}, DType::f64))));
  CHECK(all_have_gradients(model.named_parameters()));
}

TEST_CASE("lists: a vector of modules is cloned and replaced with its parent") {
  Tower model = tower();
  Tower copy = model.clone();
  CHECK(copy.layers[0].weight.identity() != model.layers[0].weight.identity());
  CHECK(copy.layers[0].weight.identity() == copy.named_parameters()[0].parameter.identity());
  const Tensor x = Tensor::ones({5, 3});
  CHECK(copy(x).to_bytes() == model(x).to_bytes());
  model = Tower(std::vector<Linear>{Linear(3, 7), Linear(7, 7), Linear(7, 2)});
  CHECK(model.named_parameters().size() == 6);
  CHECK(std::string(model.layers[2].path()) == "layers.2");
  Tape tape;
  tape.backward(sum(model(x)));
  CHECK(all_have_gradients(model.named_parameters()));
}

TEST_CASE("lists: a module list takes a vector, and goes on growing") {
  class Layers : public Module<Layers> {
   public:
    Layers() : all(child("all", ModuleList<Gru>(std::vector<Gru>{Gru({.input = 2, .hidden = 3, .layers = 2})}))) {
      all.push_back(Gru({.input = 3, .hidden = 2}));
    }
    ModuleList<Gru> all;
  };
  const Layers model;
  CHECK(names_of(model.named_parameters()).front() == "all.0.weight_ih_l0");
  CHECK(names_of(model.named_parameters()).back() == "all.1.bias_hh_l0");
  CHECK(model.all[0].cell(1).weight_hh.identity() == model.named_parameters()[5].parameter.identity());
}

TEST_CASE("lists: a copy takes a module over with its children, and the original says so; of a child it is refused") {
  Tower model = tower();
  const Leaf* const weight = model.layers[0].weight.identity();
  const Tower taken = model;
  CHECK(taken.layers[0].weight.identity() == weight);
  CHECK(taken.named_parameters().size() == 4);
  const std::string gone = "[Module] need a module, got one that was moved from, or copied without clone()";
  CHECK(message_of([&] { (void)model(Tensor::ones({5, 3})); }) == gone);
  CHECK(message_of([&] { (void)model.layers[0](Tensor::ones({5, 3})); }) == gone);
  CHECK(message_of([&] { const Tower again = model; }) == gone);
  CHECK(message_of([&] { const Linear part = taken.layers[0]; }) ==
        "[Module] need clone() or std::move, got a plain copy of module 'layers.0'");
  CHECK(taken(Tensor::ones({5, 3})).shape() == Shape{5, 2});
}

TEST_CASE("sequential: stages run in order, have PyTorch's names, and are trained, cloned and moved as children") {
  const auto twice = [](const Tensor& x) { return x * 2; };
  Sequential model(Linear(3, 4), Tanh(), twice, Linear(4, 2));
  CHECK(names_of(model.named_parameters()) == std::vector<std::string>{"0.weight", "0.bias", "3.weight", "3.bias"});
  const Tensor x = Tensor::ones({5, 3});
  const Linear &first = model.at<Linear>(0), &last = model.at<Linear>(3);
  CHECK(model(x).to_bytes() == last(twice(tanh(first(x)))).to_bytes());
  {
    Tape tape;
    tape.backward(sum(model(x)));
  }
  CHECK(all_have_gradients(model.named_parameters()));
  Sequential copy = model.clone();
  CHECK(copy(x).to_bytes() == model(x).to_bytes());
  CHECK(copy.at<Linear>(0).weight.identity() != first.weight.identity());
  copy = Sequential(Linear(3, 1), Relu(), Sigmoid(), Silu(), Softplus(), Gelu(), Dropout(0.5));
  copy.eval();
  CHECK(copy(x).shape() == Shape{5, 1});
  CHECK(copy.size() == 7);
  CHECK(message_of([&] { (void)copy.at<Linear>(1); }) ==
        "[Sequential] need a grus::nn::Linear at stage 1, got a grus::nn::Elementwise<&grus::relu>");
  CHECK(message_of([&] { (void)copy.at<Linear>(7); }) == "[Sequential] need one of 7 stages, got stage 7");

  class Parent : public Module<Parent> {
   public:
    Parent() : body(child("body", Sequential(Linear(2, 2), Sequential(Linear(2, 2), Relu())))) {}
    Tensor forward(const Tensor& x) const { return body(x); }
    Sequential body;
  };
  Parent parent;
  CHECK(names_of(parent.named_parameters()).back() == "body.1.0.bias");
  parent.to(DType::f64);
  const std::vector<Sequential> list{Sequential(Linear(2, 2)), Sequential(Linear(2, 1), Tanh())};
  CHECK(list[1](Tensor::ones({3, 2})).shape() == Shape{3, 1});
}

TEST_CASE("gradcheck: takes a function of tensors one by one, a module, and a function of all of them") {
  Linear layer(3, 2);
  layer.to(DType::f64);
  manual_seed(3);
  const Tensor x = random_normal({4, 3}, 0, 1, default_rng(), DType::f64),
               y = random_normal({4, 3}, 0, 1, default_rng(), DType::f64);
  gradcheck(layer, {x});
  gradgradcheck(layer, {x});
  CHECK(layer.weight.defined());
  gradcheck([](const Tensor& a, const Tensor& b) { return a * tanh(b); }, {x, y});
  gradcheck([](Tensor a) { return std::vector{a * a, sum(a)}; }, {x});
  gradcheck([](auto... all) { return (all * ...); }, {x, y, x});
  gradcheck([](std::span<const Tensor> all) { return all[0] * all[1]; }, {x, y});
  CHECK(message_of([&] { gradcheck([](const Tensor& a, const Tensor& b) { return a * b; }, {x}); }) ==
        "[gradcheck] need a function of as many tensors as there are inputs, got one that does not take 1");
  CHECK_THROWS_AS(gradcheck([](const Tensor& a) { return a * a.detach(); }, {x}), Error);
}

TEST_CASE("one seed: initialisers, modules, random numbers and dropout draw from one generator") {
  const auto drawn = [](uint64_t seed) {
    manual_seed(seed);
    std::vector<std::byte> all;
    const Linear layer(3, 4);
    for (const Tensor& x :
         {layer.weight.value(), init::xavier_uniform({3, 4}), init::orthogonal({4, 4}), init::normal({5}, 0, 1),
          random_uniform({4}, 0, 1), random_normal({4}, 0, 1), dropout(Tensor::ones({30}), 0.5)}) {
      const std::vector<std::byte> bytes = x.to_bytes();
      all.insert(all.end(), bytes.begin(), bytes.end());
    }
    CHECK(default_rng().state().draw == 8);
    return all;
  };
  CHECK(drawn(1) == drawn(1));
  CHECK(drawn(1) != drawn(2));
}
