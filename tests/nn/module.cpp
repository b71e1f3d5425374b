#include "nn/module.h"

#include <doctest/doctest.h>

#include "core/base/glob.h"
#include "core/base/scope.h"
#include "core/tensor/raw.h"
#include "tests/support/tensors.h"

using namespace grus;
using namespace grus::nn;
using test::message_of;

namespace {

class Scale : public Module<Scale> {
 public:
  explicit Scale(double value) : weight(param("weight", Tensor::full({2, 3}, value))), bias(param("bias", Tensor())) {}
  Tensor forward(const Tensor& x) const {
    scope = current_scope();
    return x;
  }
  Parameter weight, bias;
  mutable std::string scope;
};

class TwoScales : public Module<TwoScales> {
 public:
  TwoScales()
      : own(param("own", Tensor::zeros({4}))),
        first(child("first", Scale(1))),
        second(child("second", Scale(2))),
        count(buffer("count", Tensor::full({1}, 7))) {}
  Tensor forward(const Tensor& x) const { return second(first(x)); }
  Parameter own;
  Scale first, second;
  Buffer count;
};

/// A model cut in two that has the names of a whole: "first.weight" is a part's child, "bias" a part's own.
class Inner : public Module<Inner> {
 public:
  Inner()
      : bias(param("bias", Tensor::zeros({3}))),
        first(child("first", Scale(1))),
        count(buffer("count", Tensor::full({1}, 7))) {}
  Tensor forward(const Tensor& x) const {
    scope = current_scope();
    return first(x);
  }
  Parameter bias;
  Scale first;
  Buffer count;
  mutable std::string scope;
};

class Outer : public Module<Outer> {
 public:
  Outer()
      : before(param("before", Tensor::zeros({4}))),
        zeroth(child("zeroth", Scale(0))),
        inner(part(Inner())),
        after(param("after", Tensor::zeros({5}))),
        last(child("last", Scale(2))) {}
  Tensor forward(const Tensor& x) const { return last(inner(x)); }
  Parameter before;
  Scale zeroth;
  Inner inner;
  Parameter after;
  Scale last;
};

class Nest : public Module<Nest> {
 public:
  Nest() : pair(child("pair", TwoScales())) {}
  Tensor forward(const Tensor& x) const { return pair(x); }
  TwoScales pair;
};

std::vector<std::string> names(const Parameters& parameters) {
  std::vector<std::string> out;
  for (const auto& p : parameters) out.push_back(p.name);
  return out;
}

}  // namespace

TEST_CASE("module: parameters have dotted names, own before children's, absent ones are left out") {
  Nest nest;
  CHECK(names(nest.named_parameters()) ==
        std::vector<std::string>{"pair.own", "pair.first.weight", "pair.second.weight"});
  CHECK(nest.parameter_count() == 4 + 6 + 6);
  CHECK(nest.named_buffers()[0].name == "pair.count");
  CHECK(nest.pair.children_names() == std::vector<std::string>{"first", "second"});
}

TEST_CASE("module: a module that moved is still the one its parent registered") {
  Nest nest;
  Nest moved = std::move(nest);
  moved.pair.first.weight.assign(Tensor::full({2, 3}, 9));
  CHECK(moved.named_parameters()[1].parameter.value().to_vector<float>()[0] == 9);
  std::vector<Nest> many;
  for (int i = 0; i < 5; ++i) many.emplace_back();
  CHECK(many[0].pair.first.weight.identity() == many[0].named_parameters()[1].parameter.identity());
}

TEST_CASE("module: the call operator sets the path and puts the old one back") {
  Nest nest;
  std::vector<std::string> calls;
  nest.add_hook({[&](const ModuleCall& call) { calls.push_back(std::string("+") + call.path); },
                 [&](const ModuleCall& call) { calls.push_back(std::string("-") + call.path); }});
  nest(Tensor::zeros({1}));
  CHECK(nest.pair.second.scope == "pair.second");
  CHECK(std::string(current_scope()) == "");
  CHECK(calls == std::vector<std::string>{"+", "+pair", "+pair.first", "-pair.first", "+pair.second", "-pair.second",
                                          "-pair", "-"});
}

TEST_CASE("module: train and eval reach every child") {
  Nest nest;
  CHECK(nest.pair.first.is_training());
  nest.eval();
  CHECK_FALSE(nest.pair.first.is_training());
}

TEST_CASE("module: tied parameters are one for counts, saving and loading") {
  Nest nest;
  tie(nest.pair.first.weight, nest.pair.second.weight);
  CHECK(nest.parameter_count() == 4 + 6);
  CHECK(nest.state_dict().size() == 3);
  CHECK(nest.aliases().at(0) == std::pair<std::string, std::string>("pair.second.weight", "pair.first.weight"));
  NamedTensors by_alias{{"pair.own", Tensor::zeros({4})},
                        {"pair.second.weight", Tensor::full({2, 3}, 5)},
                        {"pair.count", Tensor::zeros({1})}};
  nest.load_state_dict(by_alias);
  CHECK(nest.pair.first.weight.value().to_vector<float>()[5] == 5);
  by_alias.push_back({"pair.first.weight", Tensor::full({2, 3}, 6)});
  CHECK_THROWS_AS(nest.load_state_dict(by_alias), DataError);
}

TEST_CASE("module: a state dict that is given away is taken over, but for tensors that somebody else holds") {
  const auto memory_of = [](const Tensor& x) { return Raw::view(x).buffer->handle; };
  TwoScales pair;
  NamedTensors state = pair.clone().state_dict();
  for (NamedTensor& entry : state) entry.tensor = Tensor::full(entry.tensor.shape(), 5);
  const Tensor held = *nn::find(state, "own");
  const void* const weight = memory_of(*nn::find(state, "first.weight"));
  const void* const count = memory_of(*nn::find(state, "count"));
  pair.load_state_dict(std::move(state));
  CHECK(memory_of(pair.first.weight.value()) == weight);
  CHECK(memory_of(pair.count.value()) == count);
  CHECK(memory_of(pair.own.value()) != memory_of(held));
  CHECK(pair.own.value().to_vector<float>() == std::vector<float>(4, 5));

  const NamedTensors kept = {{"first.weight", Tensor::full({2, 3}, 6)}};
  pair.load_state_dict(kept, false);
  CHECK(memory_of(pair.first.weight.value()) == weight);
  CHECK(pair.first.weight.value().to_vector<float>()[0] == 6);
}

TEST_CASE("module: a clone shares nothing and keeps ties") {
  Nest nest;
  tie(nest.pair.first.weight, nest.pair.second.weight);
  nest.pair.own.set_requires_grad(false);
  Nest copy = nest.clone();
  CHECK(copy.pair.first.weight.identity() == copy.pair.second.weight.identity());
  CHECK(copy.pair.first.weight.identity() == copy.named_parameters()[1].parameter.identity());
  CHECK_FALSE(copy.pair.own.requires_grad());
  copy.pair.first.weight.assign(Tensor::full({2, 3}, 3));
  copy.pair.count.assign(Tensor::zeros({1}));
  CHECK(nest.pair.first.weight.value().to_vector<float>()[0] == 1);
  CHECK(nest.pair.count.value().item() == 7);
  CHECK(copy.state_dict()[2].tensor.item() == 0);
  CHECK_THROWS_AS(Scale(static_cast<const Scale&>(nest.pair.first)), UsageError);
}

TEST_CASE("module: strict loading lists missing, unexpected and misshapen names and changes nothing") {
  Nest nest;
  const NamedTensors state{
      {"pair.own", Tensor::full({4}, 8)}, {"pair.first.weight", Tensor::zeros({3, 2})}, {"other", Tensor::zeros({1})}};
  CHECK(message_of([&] { nest.load_state_dict(state); }) ==
        "[load_state_dict] need the names, shapes and dtypes of this module; missing: pair.second.weight, pair.count; "
        "unexpected: other; misshapen: pair.first.weight (need (2, 3) f32, got (3, 2) f32)");
  CHECK(nest.pair.own.value().to_vector<float>()[0] == 0);
  CHECK_THROWS_AS(nest.load_state_dict(state, false), DataError);
  const LoadReport report =
      nest.load_state_dict({{"pair.own", Tensor::full({4}, 8)}, {"x", Tensor::zeros({1})}}, false);
  CHECK(nest.pair.own.value().to_vector<float>()[0] == 8);
  CHECK(report.missing.size() == 3);
  CHECK(report.unexpected == std::vector<std::string>{"x"});
}

TEST_CASE("module: the summary shows name, shape, count, ties and what is frozen") {
  Nest nest;
  tie(nest.pair.first.weight, nest.pair.second.weight);
  nest.freeze("*.own");
  CHECK(nest.summary() ==
        "name                shape   count\n"
        "pair.own            (4)         4  frozen\n"
        "pair.first.weight   (2, 3)      6\n"
        "pair.second.weight  (2, 3)      -  tied to pair.first.weight\n"
        "pair.count          (1)         -  buffer\n"
        "total                          10\n"
        "trainable                       6\n");
}

TEST_CASE("module: freezing by pattern says when nothing matches") {
  Nest nest;
  CHECK(nest.freeze("pair.*.weight") == 2);
  CHECK_FALSE(nest.pair.first.weight.requires_grad());
  CHECK(nest.pair.own.requires_grad());
  CHECK_THROWS_AS(nest.freeze("encoder.*"), UsageError);
  CHECK(glob_match("a*c?e", "abbcde"));
  CHECK_FALSE(glob_match("a*c", "abd"));
  CHECK(glob_match("*", ""));
}

TEST_CASE("module: names are taken once and have no dots") {
  class Bad : public Module<Bad> {
   public:
    explicit Bad(const std::string& name) {
      param("a", Tensor::zeros({1}));
      param(name, Tensor::zeros({1}));
    }
  };
  CHECK_THROWS_AS(Bad("a"), UsageError);
  CHECK_THROWS_AS(Bad("a.b"), UsageError);
}

TEST_CASE("module: a part's names are its owner's, in its place among them") {
  const Outer model;
  CHECK(names(model.named_parameters()) ==
        std::vector<std::string>{"before", "bias", "after", "zeroth.weight", "first.weight", "last.weight"});
  CHECK(model.named_buffers()[0].name == "count");
  CHECK(model.children_names() == std::vector<std::string>{"zeroth", "first", "last"});
  class Holder : public Module<Holder> {
   public:
    Holder() : outer(child("outer", Outer())) {}
    Tensor forward(const Tensor& x) const { return outer(x); }
    Outer outer;
  };
  const Holder holder;
  holder(Tensor::zeros({2, 3}));
  CHECK(holder.named_parameters()[4].name == "outer.first.weight");
  CHECK(holder.outer.inner.scope == "outer");
  CHECK(holder.outer.inner.first.scope == "outer.first");
}

TEST_CASE("module: a part is trained, hooked, loaded, cloned, copied and replaced with its owner") {
  Outer model;
  model.eval();
  CHECK_FALSE(model.inner.is_training());
  int calls = 0;
  const auto hook = model.add_hook({.before = {}, .after = [&calls](const ModuleCall&) { ++calls; }});
  model(Tensor::zeros({2, 3}));
  CHECK(calls == 4);  // the model, its part, the part's child and its own
  model.remove_hook(hook);
  model(Tensor::zeros({2, 3}));
  CHECK(calls == 4);

  NamedTensors state = model.clone().state_dict();
  for (NamedTensor& entry : state)
    if (entry.name == "first.weight") entry.tensor = Tensor::full({2, 3}, 9);
  model.load_state_dict(state);
  CHECK(model.inner.first.weight.value().to_vector<float>()[0] == 9);
  const Outer copy = model.clone();
  model.inner.bias.assign(Tensor::ones({3}));
  CHECK(copy.inner.bias.value().to_vector<float>()[0] == 0);
  CHECK(copy.named_parameters()[1].parameter.identity() == copy.inner.bias.identity());

  const std::vector<Outer> list{Outer(), Outer()};
  CHECK(list[1].named_parameters()[4].parameter.identity() == list[1].inner.first.weight.identity());
  model = Outer();
  CHECK(model.named_parameters()[1].parameter.identity() == model.inner.bias.identity());
  model.inner = Inner();
  CHECK(model.named_parameters()[4].parameter.identity() == model.inner.first.weight.identity());
  CHECK(model.parameter_count() == 4 + 3 + 5 + 3 * 6);
}

TEST_CASE("module: a part whose names are taken is refused, and so is a name that a part has") {
  class Twice : public Module<Twice> {
   public:
    Twice() : one(part(Inner())), two(part(Inner())) {}
    Inner one, two;
  };
  CHECK(message_of([] { Twice(); }) == "[Module] need a new name, got 'bias' twice");
  class Late : public Module<Late> {
   public:
    Late() : inner(part(Inner())), first(child("first", Scale(1))) {}
    Inner inner;
    Scale first;
  };
  CHECK(message_of([] { Late(); }) == "[Module] need a new name, got 'first' twice");
}

TEST_CASE("module: a list names its children by number") {
  ModuleList<Scale> list;
  list.push_back(Scale(1));
  list.push_back(Scale(2));
  CHECK(names(list.named_parameters()) == std::vector<std::string>{"0.weight", "1.weight"});
}
