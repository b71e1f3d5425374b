// Mistakes that a model's author makes, and the sentence that each gets.
#include <doctest/doctest.h>

#include "core/base/scope.h"
#include "nn/dropout.h"
#include "nn/gradcheck.h"
#include "nn/gru.h"
#include "nn/linear.h"
#include "nn/sequential.h"
#include "ops/math/elementwise.h"
#include "ops/math/reduce.h"
#include "tests/support/tensors.h"

using namespace grus;
using namespace grus::nn;
using grus::test::message_of;

namespace {

/// A module with a dropout that it registers, or forgets.
class Dropping : public Module<Dropping> {
 public:
  explicit Dropping(bool registers, double p = 0.5) : dropout(p) {
    if (registers) link_child("dropout", dropout);
  }
  Tensor forward(const Tensor& x) const { return dropout(x); }
  Dropout dropout;
};

/// A module around one that nobody registered, called as written or by its forward.
class Around : public Module<Around> {
 public:
  explicit Around(bool by_forward) : by_forward(by_forward) {}
  Tensor forward(const Tensor& x) const { return by_forward ? inner.forward(x) : inner(x); }
  Dropping inner{true};
  bool by_forward;
};

class Stacked : public Module<Stacked> {
 public:
  Stacked() : encoder(child("encoder", Sequential(Linear(4, 3), Linear(3, 2)))) {}
  Tensor forward(const Tensor& x) const { return encoder(x); }
  Sequential encoder;
};

}  // namespace

TEST_CASE("misuse: a dropout that nobody registered does not go on dropping after eval()") {
  const Tensor x = Tensor::ones({2, 3});
  Dropping model(false);
  CHECK(model(x).shape() == x.shape());
  model.eval();
  const std::string message = message_of([&] { model(x); });
  CHECK(message.find("[Module] need child(\"name\", ...) for each module that forward of ") == 0);
  CHECK(message.find("Dropping calls, got a grus::nn::Dropout in training that eval() did not reach") !=
        std::string::npos);
  model.dropout.eval();
  CHECK(model(x).to_bytes() == x.to_bytes());
  Dropping idle(false, 0);
  idle.eval();
  CHECK(idle(x).to_bytes() == x.to_bytes());
}

TEST_CASE("misuse: a registered child of a module that nobody registered is found, however it is called") {
  for (const bool by_forward : {false, true}) {
    Around model(by_forward);
    model.eval();
    CHECK(message_of([&] {
            model(Tensor::ones({2, 3}));
          }).find("got a grus::nn::Dropout in training") != std::string::npos);
  }
}

TEST_CASE("mode: a registered dropout may go on drawing in a model in evaluation") {
  Dropping model(true);
  model.eval();
  CHECK_FALSE(model.dropout.is_training());
  model.dropout.train();
  CHECK(message_of([&] { model(Tensor::ones({2, 3})); }) == "");
}

TEST_CASE("error: what a module's call throws names the module") {
  Stacked model;
  CHECK_THROWS_WITH_AS(model(Tensor::ones({2, 3})),
                       "[linear in encoder.0] need x (..., in) and weight (out, in), got x (2, 3) and weight (3, 4)",
                       ShapeError);
  CHECK(std::string(current_scope()) == "");
  CHECK(message_of([] { Linear(4, 3)(Tensor::ones({2, 3})); }).find("[linear] need") == 0);
}

TEST_CASE("precision: a module's own is that of its packed call, too") {
  const Tensor x = Tensor::full({3, 2}, 1 + 0x1p-7 + 0x1p-9);
  const Lengths lengths({2, 1});
  Gru gru({.input = 2, .hidden = 2});
  const auto before = gru.forward_packed(x, lengths).y.to_bytes();
  gru.set_precision(Precision::bf16);
  CHECK(gru.forward_packed(x, lengths).y.to_bytes() != before);
}

TEST_CASE("parameter: its methods are a tensor's, and gradients go back through them") {
  Linear layer(3, 2);
  const Parameter& weight = layer.weight;
  Tape tape;
  tape.backward(weight->reshape({-1}).dim(0) == 6 ? weight->square().sum() : Tensor());
  CHECK(weight.grad().to_bytes() == (2.0 * weight.value()).to_bytes());
}

namespace {

/// y = x w^2 whose gradient for w is right, or that of a w read through its value alone.
class Squaring : public Module<Squaring> {
 public:
  explicit Squaring(bool detaches) : weight(param("weight", Tensor::from({1.0, 2.0, 3.0}, {3}))), detaches(detaches) {}
  Tensor forward(const Tensor& x) const { return x * weight * (detaches ? weight.value() : weight.tensor()); }
  Parameter weight;
  bool detaches;
};

}  // namespace

TEST_CASE("gradcheck: of a module it checks the parameters, by their names, and leaves them as they were") {
  const Tensor x = Tensor::from({0.5, -1.0, 2.0}, {3});
  const Squaring right(false), wrong(true);
  gradcheck(right, {x});
  gradcheck(right, [&] { return right(x); }, {});
  CHECK(right.weight.value().to_vector<double>() == std::vector<double>{1, 2, 3});
  CHECK(message_of([&] {
          gradcheck(wrong, {x});
        }).find("[gradcheck] parameter 'weight' (3): the tape's gradient of ") == 0);
  CHECK(message_of([&] {
          gradcheck(wrong, [&](const Tensor& x) { return sum(wrong(x)); }, {x});
        }).find("[gradcheck] parameter 'weight' (3)") == 0);
  CHECK(wrong.weight.value().to_vector<double>() == std::vector<double>{1, 2, 3});
  wrong.weight.set_requires_grad(false);
  CHECK(message_of([&] { gradcheck(wrong, {x}); }) == "");
  CHECK(message_of([&] { gradcheck(Linear(3, 2), {x}); }) ==
        "[gradcheck] need parameters in f64, got 'weight' in f32 (2, 3)");
}

TEST_CASE("recurrent: lengths and first states that do not fit are named beside what fits") {
  const Gru gru({.input = 2, .hidden = 3});
  const Tensor x = Tensor::zeros({4, 6, 2}), h = Tensor::zeros({1, 6, 3});
  CHECK(message_of([&] {
          gru(x, Lengths({1, 2, 3}));
        }) ==
        "[Gru] need lengths of B = 6 sequences of at most T = 4 steps for x (4, 6, 2), got those of 3 of at most 3");
  CHECK(message_of([&] { gru(x, State(h, h)); }) == "[Gru] need a first state of 1 tensors, got c0 as well");
  CHECK(message_of([&] {
          gru(x, Tensor::zeros({6, 3}));
        }) == "[Gru] need h0 (1, 6, 3): layers * directions, batch, hidden, got (6, 3)");
  CHECK(message_of([&] {
          gru(Tensor::zeros({4, 2}), h);
        }) == "[Gru] need h0 (1, 3): layers * directions, hidden, got (1, 6, 3)");
  CHECK(gru(Tensor::zeros({4, 2}), Tensor::zeros({1, 3})).y.shape() == Shape{4, 3});
}
